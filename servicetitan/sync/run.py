"""A sync: the chosen entities at once, each with its own lease, log row and fate."""

import contextvars
import logging
import threading
import uuid
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import timedelta

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

from config import telemetry
from config.isolation import switches
from config.isolation.actor import acting_as
from config.isolation.switches import SwitchedOff
from config.jobs.lease import TTL_S, Busy, LeaseLost, new_holder
from servicetitan.client import Client
from servicetitan.entities import Entity
from servicetitan.errors import ServiceTitanError
from servicetitan.http import Transport, shared_budget, shared_redis
from servicetitan.load import ALIAS
from servicetitan.models import SyncCursor, SyncLog
from servicetitan.sync import lease as leases
from servicetitan.sync import upkeep
from servicetitan.sync.brake import Braked
from servicetitan.sync.ledger import Ledger
from servicetitan.sync.progress import Progress
from servicetitan.sync.work import Work

log = logging.getLogger(__name__)

REFERENCE_AGE = timedelta(hours=23)  # the lists change rarely: once a day
Mode, State = SyncLog.Mode, SyncLog.State


class NotConfigured(Exception):
    """Settings are missing, or the unit is switched off. The message says which."""


class DatabaseAway(Exception):
    """The connection broke; the next run goes on from the last page that was committed."""


class Stopped(Exception):
    """Somebody asked the run to end."""


@dataclass(frozen=True)
class Order:
    """What to sync. `wait_s`: how long to wait for a feed that another run holds."""

    entities: tuple[Entity, ...]
    mode: str = Mode.INCREMENTAL
    since: str | None = None
    reject_ids: tuple[int, ...] = ()
    trigger: str = "manual"
    dry_run: bool = False
    braking: bool = True
    wait_s: float = TTL_S + 5  # outlives the lease of a run that died


@dataclass
class Sync:
    """Runs an order. `stop` may be set by a signal handler: feeds then end at their next page."""

    order: Order
    progress: Progress = field(default_factory=Progress)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> list[Ledger]:
        """One ledger an entity. Raises NotConfigured, and nothing that a feed may cause."""
        with acting_as("servicetitan"):
            check_configured()
            self.order = as_switched(self.order)
            return self._run()

    def _run(self) -> list[Ledger]:
        connections[ALIAS].close_if_unusable_or_obsolete()  # a worker's may have been cut since its last run
        self._run_id = uuid.uuid4()
        self._holder = new_holder()
        shared = shared_redis()
        self._client = Client(Transport(shared_budget(shared), self._sleep, shared))
        with leases.CURSORS.heartbeat(self._holder):
            if not self.order.dry_run:
                upkeep.run()
            return self._all([entity for entity in self.order.entities if self._is_due(entity)])

    def _all(self, entities: list[Entity]) -> list[Ledger]:
        with ThreadPoolExecutor(max(len(entities), 1), "feed") as pool:
            futures = [pool.submit(contextvars.copy_context().run, self._one, entity) for entity in entities]
            try:
                wait(futures)
            except BaseException:  # Ctrl-C: the feeds store their positions and close their log rows
                self.stop.set()
                raise
        return _results(futures)

    def _is_due(self, entity: Entity) -> bool:
        """Reference lists go along with the feeds once a day; asked for alone they are always read."""
        if entity.is_feed or not any(other.is_feed for other in self.order.entities):
            return True
        if self.order.mode != Mode.INCREMENTAL:
            return self.order.mode in (Mode.FULL, Mode.RECONCILE)
        cursor = SyncCursor.objects.filter(entity=entity.name).first()
        fresh = cursor and cursor.last_success_at and cursor.last_success_at > timezone.now() - REFERENCE_AGE
        return not fresh

    def _sleep(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped("Stopped on request.")

    def _one(self, entity: Entity) -> Ledger:
        ledger = Ledger(entity.name, self.order.mode if entity.is_feed else Mode.REFERENCE, self.progress)
        self.progress.begin(entity.name, ledger.mode)
        try:
            with telemetry.span(f"sync {entity.name}") as span:
                self._lease_and_perform(entity, ledger)
                span.set_attributes({"hub.state": str(ledger.state), "hub.mode": str(ledger.mode), **_counted(ledger)})
        except Exception as error:  # before or after the run itself: the database, most likely
            log.exception("The sync of %s failed.", entity.name)
            ledger.state, ledger.error = State.FAILED, f"{type(error).__name__}: {error}"
        finally:
            connections[ALIAS].close()
        self.progress.end(entity.name, ledger.state, ledger.tally, ledger.error)
        return ledger

    def _lease_and_perform(self, entity: Entity, ledger: Ledger) -> None:
        if self.order.dry_run:
            self._perform(entity, ledger, None)
            return
        try:
            lease = leases.take(entity.name, self._holder, self.order.wait_s, self._sleep)
        except Busy as error:
            ledger.close(State.BUSY, error)
            return
        try:
            ledger.open(self._run_id, self.order.trigger, self._holder, lease.continue_from)
            self._perform(entity, ledger, lease)
        finally:
            leases.release(lease)

    def _perform(self, entity: Entity, ledger: Ledger, lease: leases.Lease | None) -> None:
        order = self.order
        work = Work(entity, self._client, ledger, lease, order.since, order.reject_ids, order.braking)
        try:
            work.perform()
        except (ServiceTitanError, LeaseLost) as error:
            ledger.close(State.FAILED, error)
        except Braked as error:
            ledger.close(State.BRAKED, error)
        except (Stopped, SwitchedOff) as error:
            ledger.close(State.INTERRUPTED, error)
        except (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError) as error:
            connections[ALIAS].close()  # what follows needs a new one
            ledger.close(State.FAILED, DatabaseAway(f"The database did not answer: {str(error).splitlines()[0]}"))
        except Exception as error:
            log.exception("The sync of %s failed.", entity.name)
            ledger.close(State.FAILED, error, unexpected=True)
        else:
            ledger.close(State.PARTIAL if ledger.tally.rejected else State.SUCCEEDED)


def _counted(ledger: Ledger) -> dict[str, int]:
    return {f"hub.{name}": count for name, count in ledger.tally.counts().items() if count}


def ended_well(ledgers: Iterable[Ledger]) -> bool:
    """Whether every feed did. A reference list that failed beside feeds is told and no more: names are missing, not data."""
    runs = list(ledgers)
    feeds = [ledger for ledger in runs if ledger.mode != Mode.REFERENCE] or runs
    return all(ledger.state in (State.SUCCEEDED, State.PARTIAL) for ledger in feeds)


def check_configured() -> None:
    names = ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "APP_KEY")
    missing = [f"SERVICETITAN_{name}" for name in names if not getattr(settings, f"SERVICETITAN_{name}")]
    if missing:
        raise NotConfigured(f"Not set: {', '.join(missing)}. Set them (see .env.example), or none, to use the sandbox.")


def as_switched(order: Order) -> Order:
    """The order as the kill switch lets it be carried out. Raises NotConfigured where it lets nothing begin."""
    stand = switches.standing("servicetitan")
    if stand.mode in (switches.OFF, switches.Mode.HOLD, switches.Mode.DRAIN):
        raise NotConfigured(f"The ServiceTitan sync does not run: {stand.sentence()}")
    return replace(order, dry_run=True) if stand.mode == switches.Mode.DRY_RUN else order


def _results(futures: "list[Future[Ledger]]") -> list[Ledger]:
    return [future.result() for future in futures]
