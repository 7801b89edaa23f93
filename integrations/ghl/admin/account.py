"""The sub-account as last read: what it allows, its pipelines, our custom fields, and how the connection stands."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.panels import Banner, Facts, Page, Panel, Table
from integrations.ghl.models import Account, StageRule, SyncRun
from integrations.ghl.rules import misfits


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("called", "number", "cards", "pipelines_", "seen")
    ordering = ("-seen_at",)
    empty_list = "No sub-account was read yet. Set GHL_API_TOKEN and GHL_LOCATION_ID; the first run reads it."

    @admin.display(description="sub-account")
    def called(self, account: Account) -> str:
        return str(account)

    @admin.display(description="id")
    def number(self, account: Account) -> str:
        return account.pk

    @admin.display(description="opportunities a contact")
    def cards(self, account: Account) -> str:
        return "one an estimate" if account.allow_duplicate_opportunity else "one a customer: the best estimate"

    @admin.display(description="pipelines")
    def pipelines_(self, account: Account) -> str:
        return ", ".join(pipeline["name"] for pipeline in account.pipelines) or show.DASH

    @admin.display(description="read")
    def seen(self, account: Account) -> SafeString:
        return show.moment(account.seen_at)

    def page(self, request: HttpRequest, record: Account) -> Page:
        wrong = misfits(StageRule.objects.all(), record)
        banners = []
        if wrong:
            link = show.link(pages.list_of(StageRule), "Look at the rules")
            text = f"{len(wrong)} stage rule{'s point' if len(wrong) > 1 else ' points'} to what this sub-account does not have."
            banners.append(Banner(show.format_inline(text, link), show.BAD))
        return Page([_facts(record, self), _fields(record), _calls(), _pipelines(record)], banners)


def _facts(account: Account, page: AccountAdmin) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Name", show.some(account.name)),
        ("Id", show.copyable(account.pk)),
        ("Several opportunities a contact", show.yes_no(account.allow_duplicate_opportunity)),
        ("So there is", page.cards(account)),
        ("Several contacts a person", show.yes_no(account.allow_duplicate_contact)),
        ("Read", show.moment(account.seen_at)),
    ]
    return Facts(title="Sub-account", rows=rows)


def _fields(account: Account) -> Panel:
    rows = [(key, show.copyable(id)) for key, id in account.fields.items()]
    headers = ("Field", "GoHighLevel's id")
    return Table(title="Our custom fields", headers=headers, rows=rows, empty="None was made yet.", wide=False)


def _calls() -> Panel:
    """By the newest runs: the budget itself is the unit's, in its own part of Redis."""
    newest = SyncRun.objects.filter(api_calls__gt=0).order_by("-id")
    runs = list(newest.values_list("started_at", "api_calls", "wait_seconds")[:5])
    rows = [(show.clock(at), f"{calls:,} calls, waited {show.duration(wait)}") for at, calls, wait in runs]
    return Facts(title="Calls of the last runs", rows=rows or [("", "none yet")])


def _pipelines(account: Account) -> Panel:
    rows = [(p["name"], ", ".join(stage["name"] for stage in p["stages"])) for p in account.pipelines]
    return Table(title="Pipelines", headers=("Pipeline", "Stages, in their order"), rows=rows, empty="It has no pipeline.")
