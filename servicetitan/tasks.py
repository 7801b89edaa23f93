"""Thin calls of what the management command calls."""

import logging
from collections import defaultdict
from typing import Any

from config.celery import app
from servicetitan.entities import ENTITIES, named
from servicetitan.models import Delivery, SyncLog, SyncReject
from servicetitan.sync.progress import Progress
from servicetitan.sync.run import NotConfigured, Order, Sync

log = logging.getLogger(__name__)


@app.task(name="servicetitan.sync", deliveries=Delivery)
def sync(mode: str = SyncLog.Mode.INCREMENTAL, entities: list[str] | None = None, trigger: str = "schedule") -> None:
    """Feeds that another worker is syncing are left to it."""
    chosen = named(entities) if entities else ENTITIES
    _run(Order(chosen, mode=mode, trigger=trigger, wait_s=0))


@app.task(name="servicetitan.retry_rejects", deliveries=Delivery)
def retry_rejects(ids: list[int], trigger: str = "admin") -> None:
    by_entity: dict[str, list[int]] = defaultdict(list)
    for entity, pk in SyncReject.objects.filter(pk__in=ids).values_list("entity", "pk"):
        by_entity[entity].append(pk)
    for entity, pks in by_entity.items():
        _run(Order(named([entity]), mode=SyncLog.Mode.RETRY, reject_ids=tuple(pks), trigger=trigger, wait_s=60))


@app.task(name="servicetitan.dismiss_rejects", deliveries=Delivery)
def dismiss_rejects(ids: list[int], **_: Any) -> None:
    """Somebody decided that these records are not wanted. They come back if ServiceTitan sends them changed."""
    SyncReject.objects.filter(pk__in=ids, state=SyncReject.State.OPEN).update(state=SyncReject.State.DISMISSED)


class Logged(Progress):
    """A line in the worker's log for every feed that brought something or went wrong."""

    def end(self, entity: str, state: str, tally: Any, error: str) -> None:
        changes = {name: number for name, number in tally.counts().items() if number and name not in ("unchanged", "pages")}
        if changes or error:
            log.log(logging.WARNING if error else logging.INFO, "%s %s %s %s", entity, state, changes, error)


def _run(order: Order) -> None:
    try:
        Sync(order, Logged()).run()
    except NotConfigured:  # switched off, or not set up yet: the admin says so, a schedule need not
        return
