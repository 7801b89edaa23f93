"""The connection and the org: connect, how it stands, what its set-up lacks, how many of its calls are used."""

from typing import Any

import redis
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from config.backoffice import pages, show
from config.backoffice.asking import Question, ask, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.panels import Banner, Facts, Page, Panel, Table
from config.isolation.actor import acting_as
from config.isolation.errors import IsolationError
from salesforce.admin import buttons
from salesforce.api.access import CONNECT_RIGHT, SYNC_RIGHT
from salesforce.errors import SalesforceError
from salesforce.models import Org
from salesforce.oauth.standing import Standing, standing

LEVELS = {"ok": show.GOOD, "warning": show.WARNING, "bad": show.BAD}
FLOWS = {
    "web": "a person's consent (SALESFORCE_FLOW=web)", "client_credentials": "the app's Run As user (client_credentials)",
    "jwt": "a signed assertion (jwt)",
}  # fmt: skip
AUTH = "salesforce-api:auth"


def stand() -> Standing:
    """Never raises: where Redis is away, it says so."""
    with acting_as("salesforce"):
        try:
            return standing()
        except (SalesforceError, IsolationError, redis.RedisError) as error:
            return Standing(False, settings.SALESFORCE_FLOW, f"How the connection stands is not known: {error}")


def _disconnect_question(_: Any, __: Any) -> Question:
    text = (
        "Revokes the hub's access in Salesforce and forgets the tokens. Nothing is sent until somebody connects again; what "
        "waits is kept, and nothing in Salesforce is changed."
    )
    nothing = "" if stand().org_id else "There is no connection."
    return Question("Disconnect from Salesforce?", text, "Disconnect", nothing)


def _check_question(_: Any, __: Any) -> Question:
    text = "Reads the org's fields, rules and limits, and says what to click where something is missing. It changes nothing."
    return Question("Check the org's set-up?", text, "Check now")


@admin.register(Org)
class OrgAdmin(ReadOnlyAdmin):
    list_display = ("called", "address", "used", "seen")
    ordering = ("-seen_at",)
    actions_list = ("connect", "check_setup")
    actions_detail = ("connect_again", "check_this", "disconnect")
    empty_list = "No org has been read yet. The first run, or a set-up check, reads it."

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Where there is one, as nearly always, its page."""
        found = list(Org.objects.only("pk")[:2]) if self.has_view_permission(request) else []
        if len(found) == 1:
            return HttpResponseRedirect(pages.page_of(Org, found[0].pk))
        return super().changelist_view(request, extra_context)

    def list_notes(self, request: HttpRequest) -> list[Panel]:
        return [_connection(stand())]

    def has_connect_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return settings.SALESFORCE_FLOW == "web" and request.user.has_perm(CONNECT_RIGHT)

    def has_disconnect_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(CONNECT_RIGHT)

    def has_check_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(SYNC_RIGHT)

    @confirmed("Connect", "connect", lambda page, org: Question(
        "Connect to Salesforce?", "Leads to Salesforce, where you log in and allow the hub. Then you are back here.", "Go"
    ), icon="link", variant=ActionVariant.PRIMARY)  # fmt: skip
    def connect(self, request: HttpRequest, _: Any) -> str:
        return reverse(AUTH)

    @confirmed("Connect again", "connect", lambda page, org: Question(
        "Connect to Salesforce again?", "A user holds at most five approvals of an app: the sixth ends the oldest.", "Go"
    ), icon="link")  # fmt: skip
    def connect_again(self, request: HttpRequest, _: Any) -> str:
        return reverse(AUTH)

    @confirmed("Check the set-up", "check", _check_question, icon="fact_check")
    def check_setup(self, request: HttpRequest, _: Any) -> None:
        ask(request, "salesforce.check", buttons.everything(), "a check of the org's set-up", trigger=buttons.by(request))

    @confirmed("Check the set-up", "check", _check_question, icon="fact_check", variant=ActionVariant.PRIMARY)
    def check_this(self, request: HttpRequest, org: Any) -> None:
        ask(request, "salesforce.check", [org], "a check of the org's set-up", trigger=buttons.by(request))

    @confirmed("Disconnect", "disconnect", _disconnect_question, icon="link_off", variant=ActionVariant.DANGER)
    def disconnect(self, request: HttpRequest, org: Any) -> None:
        ask(request, "salesforce.disconnect", [org], "disconnecting from Salesforce", trigger=buttons.by(request))

    @admin.display(description="org")
    def called(self, org: Org) -> str:
        return org.org_id

    @admin.display(description="address")
    def address(self, org: Org) -> str:
        return org.instance_url

    @admin.display(description="calls used")
    def used(self, org: Org) -> str:
        return _used(org)

    @admin.display(description="last read")
    def seen(self, org: Org) -> SafeString:
        return show.moment(org.seen_at)

    def page(self, request: HttpRequest, record: Org) -> Page:
        now = stand()
        return Page([_connection(now), _org(record), _findings(record)], _banners(record, now), _pill(now))


def _pill(now: Standing) -> SafeString:
    if now.connected:
        return show.pill("connected", show.GOOD)
    return show.pill("reconnect needed" if now.reconnect_needed else "not connected", show.BAD)


def _banners(org: Org, now: Standing) -> list[Banner]:
    found = [] if now.connected else [Banner(now.said, show.BAD)]
    if now.org_id and now.org_id != org.org_id:
        text = f"Connected is another org, {now.org_id}: the next run reads it, and sends everything to it."
        found.append(Banner(text, show.WARNING))
    return found + [Banner(finding["what"], show.BAD) for finding in org.findings if finding["level"] == "bad"]


def _connection(now: Standing) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("State", _pill(now)),
        ("In words", now.said),
        ("Logs in by", FLOWS[now.flow]),
        ("At", show.some(now.login_url)),
        ("Connected since", show.moment(parse_datetime(now.connected_at or ""))),
        ("Renewed", show.moment(parse_datetime(now.renewed_at or ""))),
        ("Renewals", show.number(max(0, now.generation - 1))),
        ("The tokens themselves", show.quiet("are sealed and never shown")),
    ]
    return Facts(title="Connection", rows=rows)


def _org(org: Org) -> Panel:
    fields = {sobject: len(found) for sobject, found in org.objects_described.items()}
    rows: list[tuple[str, Any]] = [
        ("Id", show.copyable(org.org_id)),
        ("Address", show.copyable(org.instance_url)),
        ("API version", f"{org.api_version}.0"),
        ("Calls used in 24 hours", _used(org)),
        ("The hub stops at", f"{settings.SALESFORCE_QUOTA_PERCENT} %"),
        ("Fields known", ", ".join(f"{sobject}: {count}" for sobject, count in fields.items()) or show.NOTHING),
        ("Last read", show.moment(org.seen_at)),
        ("Accounts", "one for each customer" if settings.SALESFORCE_ACCOUNTS == "customer" else "none"),
        ("Only updates", show.yes_no(settings.SALESFORCE_UPDATE_ONLY)),
    ]
    return Facts(title="Org", rows=rows)


def _used(org: Org) -> str:
    if org.calls_used is None or not org.calls_most:
        return "not known yet"
    return f"{org.calls_used:,} of {org.calls_most:,} ({100 * org.calls_used / org.calls_most:.0f} %), by all its integrations"


def _findings(org: Org) -> Panel:
    rows = [(show.pill(f["level"], LEVELS[f["level"]]), f["what"], f["click"] or show.DASH) for f in org.findings]
    note = f"Checked {show.age(org.checked_at)}." if org.checked_at else ""
    return Table(title="Set-up", headers=("", "Finding", "What to click in Salesforce"), rows=rows, note=note,
                 empty="Not checked yet: “Check the set-up”.")  # fmt: skip
