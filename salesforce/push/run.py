"""One run of the push, from the event log to Salesforce."""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections, transaction
from django.utils import timezone

from config import correlation, telemetry
from config.feed.reader import PositionFromElsewhere
from config.isolation import switches
from config.isolation.actor import acting_as
from config.isolation.switches import SwitchedOff
from config.jobs.lease import Busy, LeaseLost, new_holder
from config.jobs.progress import Progress
from config.jobs.pruning import prune
from salesforce import connect
from salesforce import org as orgs
from salesforce.client import MOST, Client
from salesforce.errors import NotAuthorized, QuotaUsed, SalesforceError
from salesforce.http import shared_redis
from salesforce.mapping.records import Mapping
from salesforce.models import FieldMapping, Org, SyncLog, SyncRun
from salesforce.push.ahead import Ahead
from salesforce.push.bulk import Bulk
from salesforce.push.collections import Sender
from salesforce.push.consume import ALIAS, Consumer
from salesforce.push.keep import LEASES, PUSH, Keeper, Outcome
from salesforce.push.kinds import Kind, kinds
from salesforce.push.orders import Mode, NotRunning, Order, Report, RunState, Stopped
from salesforce.push.plan import Item, Planner
from salesforce.push.progress import Shared
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
        """Raises NotRunning, and nothing that Salesforce or one record may cause."""
        with acting_as("salesforce"):
            self.report.mode = self.order.mode
            dry = self.order.dry_run or _must_be_dry()
            self._shared = Shared(shared_redis(), self.progress, self.order.mode)
            self.report.stats.on_wait = self._shared.wait
            self._deadline = time.monotonic() + self.order.limit_s if self.order.limit_s else None
            try:
                self._client: Client = connect.client(self._sleep)
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
                org = orgs.known(self._client, self.report.stats)
                for kind, planner in self._marked(org):
                    orgs.need_key(org, kind.sobject)
                    for item in planner.items():
                        self._show(kind, item)
            except (SalesforceError, SwitchedOff) as error:
                self.report.state, self.report.error = _verdict(error)
            transaction.set_rollback(True, using=ALIAS)
        return self.report

    def _show(self, kind: Kind, item: Item) -> None:
        known = bool(item.row.sf_id)
        self.report.counts.add(**{"updated" if known else "created": 1})
        if len(self.report.would) < SHOWN:
            before = item.row.sent or {}
            names = [name for name, value in item.wanted.values.items() if before.get(name) != value]
            act = "update" if known else "upsert"
            self.report.would.append({"object": kind.sobject, "customer": item.row.pk, "act": act, "fields": sorted(names)})

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
            with LEASES.heartbeat(holder), telemetry.span("push to Salesforce") as span:
                self._perform(fence, holder)
                span.set_attributes({"hub.state": str(self.report.state), "hub.changes": self.report.changes})
        finally:
            LEASES.release(PUSH, fence)
        return self.report

    def _perform(self, fence: int, holder: str) -> None:
        row: SyncRun | None = None
        org: Org | None = None
        try:
            org = orgs.known(self._client, self.report.stats)
            planners = self._marked(org)
            if self._has_work(planners):
                row = self._open(holder)
                keeper = Keeper(row, fence, self.report.counts)
                for kind, planner in planners:
                    orgs.need_key(org, kind.sobject)
                    self._send(kind, planner, keeper)
                self.report.state = RunState.PARTIAL if self.report.counts.failed else RunState.SUCCEEDED
        except Exception as error:
            self.report.state, self.report.error = _verdict(error)
            row = row or self._open(holder)
        self._close(row, org)

    def _marked(self, org: Org) -> list[tuple[Kind, Planner]]:
        """Rows that the order concerns are due from here on."""
        order, rows = self.order, list(FieldMapping.objects.filter(enabled=True))
        mappings = {kind: Mapping(kind.sobject, rows, orgs.fields_of(org, kind.sobject)) for kind in kinds()}
        self.report.problems = [problem for mapping in mappings.values() for problem in mapping.problems]
        needs = {need for mapping in mappings.values() for need in mapping.needs}
        consumer = Consumer([kind.table for kind in mappings], needs)
        if order.customer_ids is not None:
            consumer.mark_customers(order.customer_ids)
        else:
            if order.mode == Mode.FULL:
                self.report.changes = consumer.mark_everything()
            if order.since is not None:
                self.report.changes = consumer.mark_since(order.since)
            caught = self.report.caught = consumer.catch_up()
            correlation.because_of(causes(caught.first_txid, caught.last_txid))
            self.report.changes += caught.changes
        counts = self.report.counts
        return [(kind, Planner(kind, mapping, counts, order.customer_ids)) for kind, mapping in mappings.items()]

    def _has_work(self, planners: list[tuple[Kind, Planner]]) -> bool:
        if self.order.customer_ids is not None:
            return True
        due = [model for kind, planner in planners for model in (kind.model.objects.filter(job__isnull=False), planner.due())]
        return any(rows.exists() for rows in due)

    def _send(self, kind: Kind, planner: Planner, keeper: Keeper) -> None:
        self._shared.begin(kind.name, total := planner.count())

        def done(count: int) -> None:
            self._shared.step(kind.name, count)

        bulk = Bulk(self._client, kind, keeper, self.report.stats, self._sleep, self._is_late, done)
        over = bulk.finish_begun()
        big = bool(settings.SALESFORCE_BULK_FROM) and total >= settings.SALESFORCE_BULK_FROM
        if big and not settings.SALESFORCE_UPDATE_ONLY and self.order.customer_ids is None:
            if over:
                bulk.send(planner)
        else:
            self._send_collections(kind, planner, keeper)
        self._shared.end(kind.name)

    def _send_collections(self, kind: Kind, planner: Planner, keeper: Keeper) -> None:
        def keep(outcomes: list[Outcome] | None) -> None:
            keeper.store(kind, outcomes or [], SyncLog.Api.COLLECTIONS)
            self._shared.step(kind.name, len(outcomes or []))

        with Ahead(Sender(self._client, kind, self.report.stats, self._sleep).send) as ahead:
            for batch in _batches(planner.items()):
                keep(ahead.give(batch))
                if self._is_late():
                    break
            keep(ahead.last())

    def _is_late(self) -> bool:
        if self.stop.is_set():
            raise Stopped("Stopped on request.")
        return self._deadline is not None and time.monotonic() > self._deadline

    # The row of the run

    def _open(self, holder: str) -> SyncRun:
        now = timezone.now()
        SyncRun.objects.filter(state=RunState.RUNNING).update(state=RunState.INTERRUPTED, finished_at=now)
        row = SyncRun.objects.create(
            mode=self.order.mode, trigger=self.order.trigger, started_at=now, worker=holder, changes=self.report.changes,
            correlation_id=correlation.current(), first_txid=self.report.caught.first_txid,
            last_txid=self.report.caught.last_txid,
        )
        self.report.run = row.pk
        self._shared.started(row.pk)
        return row

    def _close(self, row: SyncRun | None, org: Org | None) -> None:
        stats, quota = self.report.stats, self._client.transport.quota
        try:
            if org is not None and quota.used is not None:
                used = {"calls_used": quota.used, "calls_most": quota.most, "calls_seen_at": timezone.now()}
                Org.objects.filter(pk=org.pk).update(**used)
            if row is None:
                return
            SyncRun.objects.filter(pk=row.pk).update(
                state=self.report.state, error=self.report.error[:2000], finished_at=timezone.now(), api_calls=stats.calls,
                retries=stats.retries, wait_seconds=round(stats.wait_seconds, 3), changes=self.report.changes,
                **self.report.counts.as_dict(),
            )  # fmt: skip
            _upkeep()
        except (OperationalError, InterfaceError) as error:  # the next run says that this one was interrupted
            log.warning("The end of a run could not be stored: %s", type(error).__name__)
        self._shared.finished(self.report.state, self.report.error)


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, MOST)):
        yield batch


def _upkeep() -> None:
    prune("salesforce.sync_log", "at", settings.SALESFORCE_LOG_DAYS)
    prune("salesforce.sync_runs", "started_at", settings.SALESFORCE_LOG_DAYS)
    prune("salesforce.task_deliveries", "started_at", settings.SALESFORCE_LOG_DAYS, order="started_at")
    prune("salesforce.api_calls", "at", settings.HUB_CALLS_DAYS)


def _verdict(error: Exception) -> tuple[str, str]:
    """(state of the run, its words)."""
    if isinstance(error, QuotaUsed):
        return RunState.WAITING, str(error)
    if isinstance(error, Stopped | SwitchedOff):
        return RunState.INTERRUPTED, str(error)
    if isinstance(error, SalesforceError | LeaseLost | PositionFromElsewhere):
        return RunState.FAILED, str(error)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | OperationalError | InterfaceError):
        connections[ALIAS].close()
        return RunState.FAILED, f"The database did not answer: {str(error).splitlines()[0]}"
    log.exception("The push failed.")
    return RunState.FAILED, f"{type(error).__name__}: {error}"


def _must_be_dry() -> bool:
    """How the kill switch lets a run be carried out. Raises NotRunning where it lets nothing begin."""
    try:
        stand = switches.standing("salesforce")
    except SwitchedOff as error:
        raise NotRunning(str(error)) from error
    if stand.mode in (switches.OFF, switches.Mode.HOLD, switches.Mode.DRAIN):
        raise NotRunning(f"Nothing is sent to Salesforce: {stand.sentence()}")
    return stand.mode == switches.Mode.DRY_RUN
