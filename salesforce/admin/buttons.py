"""What people ask the push for: it carries everything out, the admin writes nothing."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from config.backoffice import operators
from config.backoffice.asking import Question, ask
from config.isolation import switches
from salesforce.api.access import SYNC_RIGHT
from salesforce.models import Org

RETRY_RIGHT = "salesforce.change_synclog"
CHECK_RIGHT = "salesforce.view_org"
operators.may(SYNC_RIGHT, RETRY_RIGHT)


def stopped() -> str:
    """Why no run would begin; '' where one would."""
    stand = switches.newest()["salesforce"]
    return "" if stand.mode in (switches.Mode.RUN, switches.Mode.DRY_RUN) else f"Nothing is sent: {stand.sentence()}"


def by(request: HttpRequest) -> str:
    """What the run's row says about who started it."""
    return f"admin: {request.user.get_username()}"[:200]


def everything() -> list[Model]:
    """What the log of people's deeds names where one is about no single record."""
    return [Org.objects.order_by("-seen_at").defer("objects_described").first() or Org(org_id="Salesforce")]


def ask_sync(request: HttpRequest, mode: str, what: str) -> None:
    ask(request, "salesforce.sync", everything(), what, mode=str(mode), trigger=by(request))


def ask_retry(
    request: HttpRequest, sobject: str, about: Iterable[Model], what: str, *, state: str = "", ids: Sequence[int] | None = None
) -> None:
    given: dict[str, Any] = {"state": str(state)} if ids is None else {"ids": list(ids)}
    who = request.user.get_username()
    ask(request, "salesforce.retry", about, what, sobject=sobject, who=who, trigger=by(request), **given)


def retry_text(what: str) -> str:
    return f"Looks at {what} once more and sends what ServiceTitan has now, even where it is the same as before."


def retry_question(sobject: str, state: str) -> Any:
    which = f"{sobject.lower()}s {'that failed' if state == 'failed' else 'in conflict'}"

    def question(_: Any, __: Any) -> Question:
        return Question(f"Try all {which} again?", retry_text(f"all {which}"), "Try all again", stopped())

    return question
