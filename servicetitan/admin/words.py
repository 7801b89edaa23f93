"""How the states of the sync are called and coloured, and which page shows what."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.wording import lower
from servicetitan.entities import BY_NAME, ENTITIES
from servicetitan.models import Change, SyncCursor, SyncLog, SyncReject

State, Kind = SyncLog.State, Change.Kind

RUN_TONES = {
    State.SUCCEEDED: show.GOOD, State.PARTIAL: show.WARNING, State.FAILED: show.BAD, State.BRAKED: show.BAD,
    State.INTERRUPTED: show.WARNING, State.RUNNING: show.INFO, State.BUSY: show.PLAIN,
}  # fmt: skip
REJECT_TONES = {SyncReject.State.OPEN: show.BAD, SyncReject.State.RESOLVED: show.GOOD, SyncReject.State.DISMISSED: show.PLAIN}
KIND_TONES = {
    Kind.INSERTED: show.GOOD, Kind.CHANGED: show.INFO, Kind.DEACTIVATED: show.WARNING, Kind.RESTORED: show.GOOD,
    Kind.DELETED: show.BAD,
}  # fmt: skip
ENTITY_CHOICES = tuple((entity.name, entity.name.replace("_", " ")) for entity in ENTITIES)


def called(entity: str) -> str:
    return entity.replace("_", " ")


def with_life(runs: QuerySet[Any]) -> Any:
    """Runs, each with `alive`: whether its worker still holds the feed's lease."""
    held = SyncCursor.objects.filter(entity=OuterRef("entity"), holder=OuterRef("worker"), lease_until__gt=Now())
    return runs.annotate(alive=Exists(held))


def run_pill(run: Any) -> SafeString:
    """The run's state; a run that died without a word is not called running. `run` has `alive`."""
    if run.state == State.RUNNING and not run.alive:
        return show.pill("no sign of life", show.BAD)
    return show.pill(lower(State(run.state)), RUN_TONES[State(run.state)])


def run_seconds(run: SyncLog) -> float | None:
    return (run.finished_at - run.started_at).total_seconds() if run.finished_at else None


def record_link(entity: str, record_id: Any, text: Any = None) -> SafeString | str:
    """The page of a mirrored record; the bare id for an entity that is no longer mirrored."""
    known = BY_NAME.get(entity)
    if known is None or not str(record_id).isdecimal():
        return show.copyable(record_id)
    return show.link(pages.page_of(known.model, record_id), text if text is not None else record_id)
