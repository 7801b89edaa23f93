"""One run of the push, from the event log to GoHighLevel."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections, transaction
from django.db.models.functions import Now
from django.utils import timezone

from config import correlation, telemetry
from config.feed.reader import PositionFromElsewhere
from config.isolation import switches
from config.isolation.actor import acting_as
from config.isolation.switches import SwitchedOff
from config.jobs.lease import Busy, LeaseLost, new_holder
from config.jobs.progress import Progress
from integrations.ghl import account as accounts
from integrations.ghl import connect
from integrations.ghl.errors import DayUsedUp, GhlError, NotAuthorized
from integrations.ghl.models import Account, Contact, Opportunity, SyncRun
from integrations.ghl.push import brake, upkeep
from integrations.ghl.push.consume import ALIAS, Consumer
from integrations.ghl.push.contacts import ContactPusher
from integrations.ghl.push.crew import Crew
from integrations.ghl.push.keep import LEASES, PUSH, Act, Counts, Done, Keeper, State
from integrations.ghl.push.opportunities import OpportunityPusher
from integrations.ghl.push.orders import CONTACTS, OPPORTUNITIES, Mode, NotRunning, Order, Report, RunState, Stopped, forecast_s
from integrations.ghl.push.plan import ContactItem, OpportunityItem, Planner
from servicetitan.models import causes

log = logging.getLogger(__name__)

SHOWN = 200  # records that a dry run names


@dataclass
class Push:
    """Carries an order out. `stop` may be set by a signal handler: what has begun is finished and stored."""

    order: Order
    progress: Progress = field(default_factory=Progress)
    stop: threading.Event = field(default_factory=threading.Event)
    report: Report = field(default_factory=Report)

    def run(self) -> Report:
        """Raises NotRunning, and nothing that GoHighLevel or one record may cause."""
        with acting_as("ghl"):
            self.report.mode = self.order.mode
            dry = self.order.dry_run or _must_be_dry()
            self.report.stats.on_wait = self.progress.wait
            self._deadline = time.monotonic() + self.order.limit_s if self.order.limit_s else None
            try:
                self._client = connect.client(self._sleep)
            except NotAuthorized as error:
                raise NotRunning(str(error)) from error
            return self._rehearse() if dry else self._with_lease()

    def _sleep(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped("Stopped on request.")

    # For show

    def _rehearse(self) -> Report:
        """Everything but the calls that change something, in a transaction that is rolled back."""
        self.report.state = "dry run"
        with transaction.atomic(using=ALIAS):
            try:
                self._plan_for_show()
            except GhlError as error:
                self.report.state, self.report.error = _verdict(error)
            transaction.set_rollback(True, using=ALIAS)
        return self.report

    def _plan_for_show(self) -> None:
        account = Account.objects.filter(pk=self._client.location).first()
        if account is None:  # the first look; under a switch that lets no call pass, one card a contact is assumed
            with suppress(SwitchedOff):
                account = accounts.known(self._client, self.report.stats, make_fields=False)
        planner = self._marked(account.allow_duplicate_opportunity if account else False)
        for item in self._items(planner):
            self.report.counts.add(**{"updated" if item.row.ghl_id else "created": 1})
            if len(self.report.would) < SHOWN:
                self.report.would.append(_would(item))

    # For real

    def _with_lease(self) -> Report:
        holder = new_holder()
        connections[ALIAS].close_if_unusable_or_obsolete()
        try:
            fence = LEASES.take(PUSH, holder, self.order.wait_s, self._sleep)
        except Busy as error:
            self.report.state, self.report.error = "busy", str(error)
            return self.report
        try:
            with LEASES.heartbeat(holder), telemetry.span("push to GoHighLevel") as span:
                self._perform(fence, holder)
                span.set_attributes({"hub.state": str(self.report.state), "hub.changes": self.report.changes})
        finally:
            LEASES.release(PUSH, fence)
        return self.report

    def _perform(self, fence: int, holder: str) -> None:
        row: SyncRun | None = None
        try:
            account = accounts.known(self._client, self.report.stats)
            planner = self._marked(account.allow_duplicate_opportunity)
            if self._has_work():
                row = self._open(holder)
                self._send(planner, account, Keeper(row, fence, self.report.counts))
                self.report.state = RunState.PARTIAL if self.report.counts.failed else RunState.SUCCEEDED
        except Exception as error:
            self.report.state, self.report.error = _verdict(error)
            row = row or self._open(holder)
        self._close(row)

    def _marked(self, several: bool) -> Planner:
        """Rows that the order concerns are due from here on."""
        order, consumer = self.order, Consumer(several)
        if order.customer_ids is not None or order.estimate_ids is not None:
            consumer.mark_customers(order.customer_ids or ())
            consumer.mark_estimates(order.estimate_ids or ())
            return Planner(self.report.counts, several, order.customer_ids or (), order.estimate_ids or ())
        if order.mode == Mode.FULL:
            self.report.changes = consumer.mark_everything()
        if order.since is not None:
            self.report.changes = consumer.mark_since(order.since)
        caught = self.report.caught = consumer.catch_up()
        correlation.because_of(causes(caught.first_txid, caught.last_txid))
        self.report.changes += caught.changes
        return Planner(self.report.counts, several)

    def _has_work(self) -> bool:
        if self.order.customer_ids is not None or self.order.estimate_ids is not None:
            return True
        return any(model.objects.filter(due_at__lte=Now(), draft__isnull=True).exists() for model in (Contact, Opportunity))

    def _send(self, planner: Planner, account: Account, keeper: Keeper) -> None:
        if self.order.braking and planner.customer_ids is None and CONTACTS in self.order.kinds:
            self._brake(planner)
        pushers = {
            CONTACTS: ContactPusher(self._client, account, keeper, self.report.stats),
            OPPORTUNITIES: OpportunityPusher(self._client, account, keeper, self.report.stats),
        }
        for kind in self.order.kinds:
            self.progress.begin(kind, total := _due(kind), forecast_s(total))

            def one(item: Any, kind: str = kind) -> None:
                self._one(pushers[kind], item, keeper)
                self.progress.step(kind)

            with Crew(settings.GHL_THREADS, one, ALIAS) as crew:
                for item in self._items(planner, (kind,)):
                    if self._is_late():
                        return
                    crew.give(item)
            self.progress.end(kind)

    def _brake(self, planner: Planner) -> None:
        """What the brake's planner settled is done; what it found to send is looked at again."""
        counts = Counts()
        try:
            brake.check(Planner(counts, planner.several))
        finally:
            quiet = {"unchanged": counts.unchanged, "skipped": counts.skipped}
            self.report.counts.add(looked_at=sum(quiet.values()), **quiet)

    def _items(self, planner: Planner, kinds: Sequence[str] | None = None) -> "Iterator[ContactItem | OpportunityItem]":
        kinds = kinds or self.order.kinds
        if CONTACTS in kinds:
            yield from planner.contacts()
        if OPPORTUNITIES in kinds:
            yield from planner.opportunities()

    def _is_late(self) -> bool:
        if self.stop.is_set():
            raise Stopped("Stopped on request.")
        return self._deadline is not None and time.monotonic() > self._deadline

    def _one(self, pusher: Any, item: Any, keeper: Keeper) -> None:
        try:
            pusher.push(item.row, item.wanted, item.planned_at)
        except NotAuthorized as error:
            self._client.account(self.report.stats)  # raises where the token is really refused
            reason = f"GoHighLevel refused the token once, and accepts it again: {error}"
            keeper.store(item.row, Done(State.PENDING, Act.NOTHING, reason, failed=True), item.planned_at)

    # The row of the run

    def _open(self, holder: str) -> SyncRun:
        now = timezone.now()
        pushes = SyncRun.objects.exclude(mode=Mode.RECONCILE)
        pushes.filter(state=RunState.RUNNING).update(state=RunState.INTERRUPTED, finished_at=now)
        return SyncRun.objects.create(
            mode=self.order.mode, trigger=self.order.trigger, started_at=now, worker=holder, changes=self.report.changes,
            correlation_id=correlation.current(), first_txid=self.report.caught.first_txid,
            last_txid=self.report.caught.last_txid,
        )

    def _close(self, row: SyncRun | None) -> None:
        if row is None:
            return
        counts, stats = self.report.counts.as_dict(), self.report.stats
        counts.pop("pending")
        try:
            SyncRun.objects.filter(pk=row.pk).update(
                state=self.report.state, error=self.report.error[:2000], finished_at=timezone.now(), api_calls=stats.calls,
                retries=stats.retries, wait_seconds=round(stats.wait_seconds, 3), changes=self.report.changes, **counts,
            )  # fmt: skip
            upkeep.run()
        except (OperationalError, InterfaceError) as error:  # the next run says that this one was interrupted
            log.warning("The end of a run could not be stored: %s", type(error).__name__)


def _verdict(error: Exception) -> tuple[str, str]:
    """(state of the run, its words)."""
    if isinstance(error, brake.Braked):
        return RunState.BRAKED, str(error)
    if isinstance(error, DayUsedUp):
        return RunState.WAITING, str(error)
    if isinstance(error, Stopped | SwitchedOff):
        return RunState.INTERRUPTED, str(error)
    if isinstance(error, GhlError | LeaseLost | PositionFromElsewhere):
        return RunState.FAILED, str(error)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | OperationalError | InterfaceError):
        connections[ALIAS].close()
        return RunState.FAILED, f"The database did not answer: {str(error).splitlines()[0]}"
    log.exception("The push failed.")
    return RunState.FAILED, f"{type(error).__name__}: {error}"


def _must_be_dry() -> bool:
    """How the kill switch lets a run be carried out. Raises NotRunning where it lets nothing begin."""
    try:
        stand = switches.standing("ghl")
    except SwitchedOff as error:
        raise NotRunning(str(error)) from error
    if stand.mode in (switches.OFF, switches.Mode.HOLD, switches.Mode.DRAIN):
        raise NotRunning(f"Nothing is sent to GoHighLevel: {stand.sentence()}")
    return stand.mode == switches.Mode.DRY_RUN


def _due(kind: str) -> int:
    model: Any = Contact if kind == CONTACTS else Opportunity
    return int(model.objects.filter(due_at__lte=Now(), draft__isnull=True).count())


def _would(item: "ContactItem | OpportunityItem") -> dict[str, Any]:
    """What a dry run says of a record: which one, and the names of the fields that would change."""
    act = "update" if item.row.ghl_id else "create"
    if isinstance(item.row, Contact):
        return {"kind": "contact", "customer": item.row.pk, "act": act, "fields": sorted(brake.differences(item))}
    assert isinstance(item.row, Opportunity)
    return {"kind": "opportunity", "customer": item.row.st_customer_id, "estimate": item.row.slot, "act": act}
