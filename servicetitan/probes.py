"""How the mirror stands: its token, ServiceTitan itself, each feed's freshness against its promise, and what was rejected."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from config.backoffice.positions import few
from config.jobs import probes as jobs
from config.monitoring import common
from config.monitoring.probes import Check, Node, Reading, State
from servicetitan.entities import ENTITIES, Entity
from servicetitan.models import ApiCall, Delivery, SyncCursor, SyncLog, SyncReject

PROMISED = timedelta(minutes=30)
PROMISED_LIST = timedelta(hours=26)  # the reference lists are read once a day
MANY_REJECTS = 1000
LOOKED_AT = 200  # newest runs
ENDED_BADLY = {SyncLog.State.FAILED: "failed", SyncLog.State.BRAKED: "was stopped by the brake, and waits for a person"}
UNIT = "servicetitan"
NEEDS = ("servicetitan.token", "servicetitan.api", "worker.servicetitan", "switch.servicetitan")
AUTH, API = "SERVICETITAN_AUTH_URL", "SERVICETITAN_API_URL"


def checks() -> tuple[Check, ...]:
    switch, look = ("switch.servicetitan",), "Look at its last run in the admin."
    api = Node("servicetitan.api", "ServiceTitan's API", UNIT, switch, act="Wait, and look at their status page.")
    token = Node("servicetitan.token", "ServiceTitan's login", UNIT, ("servicetitan.api",),
                 act="Was the app's secret changed? See SERVICETITAN_CLIENT_ID and SERVICETITAN_CLIENT_SECRET.")  # fmt: skip
    feeds = tuple(
        Node(_name(entity), f"Feed {entity.name.replace('_', ' ')}", UNIT, NEEDS, settles_s=900, act=look) for entity in ENTITIES
    )
    rejects = Node("servicetitan.rejects", "Rejected records", UNIT, act="Look at the page Rejects.")
    return (
        jobs.worker(UNIT, "ServiceTitan", "st_sync_worker", Delivery),
        Check("servicetitan.calls", (api, token), _calls),
        Check("servicetitan.feeds", feeds, _feeds),
        Check("servicetitan.rejects", (rejects,), lambda at: {"servicetitan.rejects": _rejects()}),
    )


def _name(entity: Entity) -> str:
    return f"feed.{entity.name}"


def _calls(at: datetime) -> Mapping[str, Reading]:
    rows = ApiCall.objects.all()
    return {
        "servicetitan.api": common.vendor(rows, "ServiceTitan", (AUTH, API), at),
        "servicetitan.token": common.login(rows, (AUTH,), (400, 401, 403), at),
    }


def _feeds(at: datetime) -> Mapping[str, Reading]:
    cursors = {cursor.entity: cursor for cursor in SyncCursor.objects.all()}
    ended = SyncLog.objects.exclude(state__in=(SyncLog.State.RUNNING, SyncLog.State.BUSY)).order_by("-id")
    last = dict(reversed(ended.values_list("entity", "state")[:LOOKED_AT]))  # of each feed the newest stays
    return {_name(entity): _feed(entity, cursors.get(entity.name), last.get(entity.name, ""), at) for entity in ENTITIES}


def _feed(entity: Entity, cursor: SyncCursor | None, last: str, at: datetime) -> Reading:
    if cursor is None or cursor.last_success_at is None:
        tried = SyncLog.objects.filter(entity=entity.name).exists()
        return Reading(State.BAD if tried else State.OK, "It has never succeeded." if tried else "It was not read yet.")
    age = at - cursor.last_success_at
    promised = PROMISED if entity.is_feed else PROMISED_LIST
    figures = {"age_seconds": age.total_seconds(), "promised_seconds": promised.total_seconds()}
    text = f"It is {age.total_seconds() / 60:.0f} min old; {promised.total_seconds() / 60:.0f} are promised."
    badly = ENDED_BADLY.get(SyncLog.State(last)) if last else None
    if badly:
        text += f" Its last run {badly}."
    return Reading(State.BAD if age > promised else State.WARNING if badly else State.OK, text, figures)


def _rejects() -> Reading:
    count, text = few(SyncReject.objects.filter(state=SyncReject.State.OPEN), MANY_REJECTS)
    state = State.BAD if count > MANY_REJECTS else State.WARNING if count else State.OK
    return Reading(state, f"{text} records could not be loaded." if count else "None is open.", {"rejects": float(count)})
