"""The sub-account as the hub last read it, how the hub logs in, and the limits it keeps."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.panels import Banner, Facts, Page, Panel, Table, Text
from integrations.admin import forecast
from integrations.ghl.connection import OAUTH, PRIVATE
from integrations.models import Account, StageRule

KINDS = {PRIVATE: "private integration token (GHL_API_TOKEN)", OAUTH: "Marketplace app (OAuth), renewed by itself"}
ROTATE = timedelta(days=90)  # the vendor's advice for private integration tokens
STALE = timedelta(hours=1)
CUSTOM = {
    "contact.st_customer_id": "Customer's number", "opportunity.st_estimate_id": "Estimate's number",
    "opportunity.st_job_id": "Job's number", "opportunity.st_estimate_status": "Estimate's status",
}  # fmt: skip


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("called", "id_there", "several", "seen")
    ordering = ("location_id",)
    empty_list = "GoHighLevel has not been read yet. Set GHL_API_TOKEN and GHL_LOCATION_ID; the first run reads the sub-account."

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Where there is one, as nearly always, its page."""
        found = list(Account.objects.only("pk")[:2]) if self.has_view_permission(request) else []
        if len(found) == 1:
            return HttpResponseRedirect(pages.page_of(Account, found[0].pk))
        return super().changelist_view(request, extra_context)

    def title_of(self, record: Any) -> str:
        return str(record)

    @admin.display(description="sub-account")
    def called(self, account: Account) -> str:
        return str(account)

    @admin.display(description="location id")
    def id_there(self, account: Account) -> str:
        return account.location_id

    @admin.display(description="several opportunities a contact")
    def several(self, account: Account) -> str:
        return "yes" if account.allow_duplicate_opportunity else "no"

    @admin.display(description="last read")
    def seen(self, account: Account) -> SafeString:
        return show.moment(account.seen_at)

    def page(self, request: HttpRequest, record: Account) -> Page:
        panels = [_account(record), _login(record), _limits(), _inbox(record), _fields(record), _reasons(record)]
        settings = Text(title="Its settings as GoHighLevel has them", content=show.pretty(record.settings), folded=True)
        panels += [_pipelines(record), settings]
        return Page(panels, _banners(record))


def since(account: Account) -> Any:
    return _moment(account.connection, "since")


def _banners(account: Account) -> list[Banner]:
    found, first = [], since(account)
    if account.connection.get("kind") == PRIVATE and first and timezone.now() - first > ROTATE:
        text = f"The token has been in use {show.age(first).removesuffix(' ago')}. GoHighLevel advises a new one every 90 days: "
        found.append(Banner(text + "make one in its settings under Private Integrations, and set GHL_API_TOKEN.", show.WARNING))
    if account.seen_at < timezone.now() - STALE:
        text = f"Last read {show.age(account.seen_at)}; it is read every 10 minutes while the push runs. Does the worker run?"
        found.append(Banner(text, show.WARNING))
    return found


def _account(account: Account) -> Panel:
    rows = [
        ("Name", show.some(account.name)),
        ("Location id", show.copyable(account.location_id)),
        ("Several opportunities a contact", _several(account)),
        ("Several contacts with the same address or number", show.yes_no(account.allow_duplicate_contact)),
        ("Last read", show.moment(account.seen_at)),
    ]
    return Facts(title="Sub-account", rows=rows)


def _several(account: Account) -> str:
    if account.allow_duplicate_opportunity:
        return "yes: each estimate has a card of its own"
    return "no: each customer has one card, of the best open estimate"


def _login(account: Account) -> Panel:
    told = account.connection
    rows: list[tuple[str, Any]] = [
        ("Logs in with", show.some(KINDS.get(str(told.get("kind"))))),
        ("In use since", show.moment(since(account))),
        ("Edition of the API", show.some(told.get("version"))),
        ("The token itself", show.quiet("is known to the worker alone and never shown")),
    ]
    return Facts(title="Login", rows=rows)


def _limits() -> Panel:
    day = forecast.budget()
    rows: list[tuple[str, Any]] = [
        ("Calls in 10 seconds", show.number(day.per_10_s)),
        ("Calls a day", show.number(day.most)),
        ("Used today", day.words),
        ("The day begins anew", "at midnight UTC"),
        ("Left to send", forecast.left() or "nothing"),
    ]
    return Facts(title="Limits", rows=rows)


def _inbox(account: Account) -> Panel:
    """The web process puts events in, and may not read them: the worker says how they stand."""
    told = account.inbox
    rows: list[tuple[str, Any]] = [
        ("Last event", show.some(told.get("type"))),
        ("It came", show.moment(_moment(told, "came"))),
        ("Waiting", show.number(told.get("waiting"))),
        ("As of", show.moment(_moment(told, "at"))),
        ("What an event is", "a hint: the hub reads the record itself, and believes that alone"),
    ]
    if not told.get("type"):
        rows.insert(0, ("None came yet", "Do GoHighLevel's webhooks point here? The README says how to set them up."))
    return Facts(title="Events from GoHighLevel", rows=rows)


def _moment(told: dict[str, Any], name: str) -> Any:
    return parse_datetime(str(told.get(name) or ""))


def _fields(account: Account) -> Panel:
    rows = [(CUSTOM.get(key, key), show.code(key), show.copyable(id)) for key, id in account.fields.items()]
    return Table(title="Our custom fields", headers=("What", "Key", "Id there"), rows=rows, wide=False,
                 empty="The first run makes them.")  # fmt: skip


def _pipelines(account: Account) -> Panel:
    rules: dict[tuple[str, str], list[str]] = {}
    for rule in StageRule.objects.all():
        rules.setdefault((rule.pipeline_id, rule.stage_id), []).append(str(rule.Happened(rule.happened).label).lower())
    rows = [
        (pipeline["name"] if first == 0 else "", stage["name"], "; ".join(rules.get((pipeline["id"], stage["id"]), [show.DASH])))
        for pipeline in account.pipelines
        for first, stage in enumerate(pipeline["stages"])
    ]
    more = ("Stage rules", pages.list_of(StageRule))
    return Table(title="Pipelines", headers=("Pipeline", "Stage", "Cards come here when"), rows=rows, more=more)


def _reasons(account: Account) -> Panel:
    rows = [(reason["name"] or show.NOTHING, show.copyable(reason["id"])) for reason in account.lost_reasons]
    return Table(title="Lost reasons", headers=("Reason", "Id there"), rows=rows, wide=False, empty="It has none.")
