"""The Health page's button for a test alert, and what came of the last one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from config.backoffice import show
from config.backoffice.panels import Panel
from config.monitoring import trial
from config.monitoring.book import AWAY

RIGHT = "isolation.add_switchchange"  # whoever may stop a unit may wake people


@dataclass(frozen=True, kw_only=True)
class TestPanel(Panel):
    """`allowed`: whether the person may press it."""

    rows: list[tuple[Any, Any]]
    allowed: bool
    template: str = "backoffice/panels/test_alert.html"

    __test__ = False  # its name makes it none


@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    try:
        trial.ask(request.user.get_username())
    except AWAY:
        messages.error(request, "Nothing was asked for: Redis does not answer. Please try again in a minute.")
    else:
        messages.success(request, "Asked for: the agent sends it within seconds, and says here what became of it.")
    return HttpResponseRedirect(reverse("health"))


def panel(request: HttpRequest) -> Panel:
    allowed = request.user.has_perm(RIGHT)
    try:
        wish, done = trial.shown()
    except AWAY:
        return TestPanel(title="Test alert", rows=[("State", "Redis does not answer.")], allowed=False)
    return TestPanel(title="Test alert", rows=_rows(wish, done), allowed=allowed)


def _rows(wish: dict[str, Any], done: dict[str, Any]) -> list[tuple[Any, Any]]:
    if not wish:
        return [("State", "Nobody has asked for one yet.")]
    asked = datetime.fromtimestamp(wish["at"], UTC)
    rows: list[tuple[Any, Any]] = [("Asked for by", wish["who"]), ("When", show.moment(asked))]
    if not done and trial.is_late(wish):
        return [*rows, ("State", show.pill("the agent did not answer: does st_monitoring_agent run?", show.BAD))]
    if not done:
        return [*rows, ("State", show.pill("waits for the agent", show.INFO))]
    for name, sent in done["results"].items():
        rows.append((name, show.pill("sent", show.GOOD) if sent else show.pill("failed: the agent's log says why", show.BAD)))
    none = ("State", "No channel is set: MONITOR_EMAIL_TO, MONITOR_SLACK_URL or MONITOR_WEBHOOK_URL.")
    return rows if done["results"] else [*rows, none]
