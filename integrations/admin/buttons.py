"""What people ask the push for: it carries everything out, the admin writes nothing."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model
from django.db.models.functions import Now
from django.http import HttpRequest
from unfold.enums import ActionVariant

from config.backoffice import operators
from config.backoffice.asking import Question, ask, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.isolation import switches
from integrations.admin.words import MODELS, PLURAL, Mode, State
from integrations.models import Account, RunLease

START_RIGHT = "integrations.add_syncrun"  # "can add GoHighLevel run": whoever may start one
RETRY_RIGHT = "integrations.change_synclog"
MAKE_RIGHT: dict[str, str] = {kind: f"integrations.change_{kind}" for kind in MODELS}
operators.may(START_RIGHT, RETRY_RIGHT, *MAKE_RIGHT.values())


def stopped() -> str:
    """Why no run would begin; '' where one would."""
    stand = switches.newest()["ghl"]
    return "" if stand.mode in (switches.Mode.RUN, switches.Mode.DRY_RUN) else f"Nothing is sent: {stand.sentence()}"


def by(request: HttpRequest) -> str:
    """What the run's row says about who started it."""
    return f"admin: {request.user.get_username()}"[:200]


def everything() -> list[Model]:
    """What the log of people's deeds names where one is about no single record."""
    return [Account.objects.order_by("-seen_at").first() or Account(location_id="GoHighLevel")]


def ask_sync(request: HttpRequest, mode: str, what: str) -> None:
    ask(request, "ghl.sync", everything(), what, mode=str(mode), trigger=by(request))


def ask_retry(
    request: HttpRequest, kind: str, about: Iterable[Model], what: str, *, state: str = "", ids: Sequence[int] | None = None
) -> None:
    given: dict[str, Any] = {"state": str(state)} if ids is None else {"ids": list(ids)}
    who = request.user.get_username()
    ask(request, "ghl.retry", about, what, kind=str(kind), who=who, trigger=by(request), **given)


def retry_text(what: str) -> str:
    return (
        f"Looks at {what} once more and sends what ServiceTitan has now, even where it is the same as before. "
        "It goes out at GoHighLevel's pace, after what waits already. What was deleted there and what waits for approval is "
        "left alone."
    )


def retry_question(kind: str, state: str) -> Any:
    which = f"{PLURAL[kind]} that failed" if state == State.FAILED else f"{PLURAL[kind]} in conflict"

    def question(_: Any, __: Any) -> Question:
        return Question(f"Try all {which} again?", retry_text(f"all {which}"), "Try all again", stopped())

    return question


def _sync_question(_: Any, __: Any) -> Question:
    text = "Sends what changed in ServiceTitan and what is left to send. If a run is at work already, it goes on alone."
    return Question("Sync with GoHighLevel now?", text, "Sync now", stopped())


def _full_question(_: Any, __: Any) -> Question:
    text = (
        "Works out for every customer and estimate what should be at GoHighLevel, and sends what is not there so: after a "
        "change of the stage rules, for example. What is there already costs no call. If it would change many contacts, the "
        "brake stops it and asks for approval."
    )
    return Question("Look at everything again?", text, "Look at everything", stopped())


def _reconcile_question(_: Any, __: Any) -> Question:
    text = (
        "Goes through everything GoHighLevel has and compares it with what was sent: finds what is gone, moved, changed or "
        "there twice. It only reads there. It runs by itself every night."
    )
    busy = RunLease.objects.filter(name="reconcile", lease_until__gt=Now()).exists()
    return Question("Compare with GoHighLevel now?", text, "Compare now", "A comparison is running right now." if busy else "")


class RunButtons(ReadOnlyAdmin):
    actions_list = ("sync_now", "reconcile_now", "look_at_everything")

    def has_sync_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(START_RIGHT)

    @confirmed("Sync now", "sync", _sync_question, icon="sync", variant=ActionVariant.PRIMARY)
    def sync_now(self, request: HttpRequest, _: Any) -> None:
        ask_sync(request, Mode.INCREMENTAL, "sync with GoHighLevel")

    @confirmed("Compare now", "sync", _reconcile_question, icon="difference")
    def reconcile_now(self, request: HttpRequest, _: Any) -> None:
        ask(request, "ghl.reconcile", everything(), "comparison with GoHighLevel", trigger=by(request))

    @confirmed("Look at everything again", "sync", _full_question, icon="restart_alt")
    def look_at_everything(self, request: HttpRequest, _: Any) -> None:
        ask_sync(request, Mode.FULL, "a look at everything")
