"""The buttons that ask for a sync."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from unfold.enums import ActionVariant

from config.backoffice import operators
from config.backoffice.asking import Question, ask, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.isolation import switches
from servicetitan.admin import words
from servicetitan.admin.sizes import rows_text
from servicetitan.entities import BY_NAME
from servicetitan.models import SyncCursor, SyncLog

START_RIGHT = "servicetitan.add_synclog"  # "can add sync run": whoever may start one
operators.may(START_RIGHT)

Mode = SyncLog.Mode


def _question(mode: str, title: str, text: str, button: str) -> Any:
    def question(_: Any, record: Any) -> Question:
        name = words.called(record.entity)
        rows = rows_text(record.entity)
        return Question(title.format(name=name), text.format(name=name, rows=rows), button, _nothing(record.entity, mode))

    return question


def _nothing(entity: str, mode: str) -> str:
    """Why asking would be in vain."""
    if stopped := _stopped():
        return stopped
    known = BY_NAME.get(entity)
    if known is None:
        return f"“{entity}” is no longer mirrored."
    if mode == Mode.RECONCILE and not known.is_feed:
        return "This list is read whole and compared every time. Use “Sync now”."
    if SyncCursor.objects.filter(entity=entity, lease_until__gt=timezone.now()).exists():
        return "It is being synced right now, and a second run would be skipped. Try again when it has ended."
    return ""


def _stopped() -> str:
    """Why no run would begin; '' where one would."""
    stand = switches.newest()["servicetitan"]
    return "" if stand.mode in (switches.Mode.RUN, switches.Mode.DRY_RUN) else f"The sync does not run: {stand.sentence()}"


def _all_question(_: Any, __: Any) -> Question:
    return Question(
        "Sync all feeds now?",
        "Reads from ServiceTitan what changed since the last run, all feeds at once. The first run reads everything. "
        "Feeds that are being synced already are left alone.",
        "Sync all feeds",
        _stopped(),
    )


class FeedButtons(ReadOnlyAdmin):
    """Pages about one feed: their records have `entity`."""

    actions_list = ("sync_all",)
    actions_detail = ("sync_now", "sync_full", "reconcile")

    def has_sync_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(START_RIGHT)

    @confirmed("Sync all feeds now", "sync", _all_question, icon="sync", variant=ActionVariant.PRIMARY)
    def sync_all(self, request: HttpRequest, _: Any) -> None:
        everything = SyncCursor(entity="all feeds")
        ask(request, "servicetitan.sync", [everything], "sync of all feeds", mode=str(Mode.INCREMENTAL), trigger=_by(request))

    @confirmed(
        "Sync now", "sync", icon="sync", variant=ActionVariant.PRIMARY,
        question=_question(
            Mode.INCREMENTAL, "Sync {name} now?",
            "Reads from ServiceTitan which {name} changed since the last run.", "Sync now",
        ),
    )  # fmt: skip
    def sync_now(self, request: HttpRequest, record: Any) -> None:
        _ask_feed(request, record.entity, Mode.INCREMENTAL, f"sync of {words.called(record.entity)}")

    @confirmed(
        "Read everything again", "sync", icon="restart_alt", variant=ActionVariant.DEFAULT,
        question=_question(
            Mode.FULL, "Read all {name} again?",
            "Reads all {name} from the beginning ({rows} here now). That costs ServiceTitan calls and time; what is the same "
            "is not written again, and the mirror stays in use meanwhile.", "Read everything again",
        ),
    )  # fmt: skip
    def sync_full(self, request: HttpRequest, record: Any) -> None:
        _ask_feed(request, record.entity, Mode.FULL, f"full read of {words.called(record.entity)}")

    @confirmed(
        "Reconcile", "sync", icon="difference", variant=ActionVariant.DEFAULT,
        question=_question(
            Mode.RECONCILE, "Compare {name} with ServiceTitan's list?",
            "Goes through ServiceTitan's whole list of {name} ({rows} here now). What is gone there is read once more and then "
            "marked as deleted here; what is missing here is fetched. A run that would delete too many stops and asks.",
            "Reconcile",
        ),
    )  # fmt: skip
    def reconcile(self, request: HttpRequest, record: Any) -> None:
        _ask_feed(request, record.entity, Mode.RECONCILE, f"reconcile of {words.called(record.entity)}")


def _ask_feed(request: HttpRequest, entity: str, mode: str, what: str) -> None:
    about = SyncCursor(entity=entity)
    ask(request, "servicetitan.sync", [about], what, mode=str(mode), entities=[entity], trigger=_by(request))


def _by(request: HttpRequest) -> str:
    """What the run's row says about who started it."""
    return f"admin: {request.user.get_username()}"[:200]
