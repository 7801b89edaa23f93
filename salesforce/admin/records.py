"""Customers as contacts and accounts: state, why, what was sent, and what Salesforce has."""

from typing import Any, ClassVar

import redis
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from config.backoffice import show
from config.backoffice.asking import Question, confirm_selected, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice
from config.backoffice.panels import Banner, Facts, Page, Panel, Table
from config.isolation.actor import acting_as
from config.isolation.egress.retries import Stats
from config.isolation.errors import IsolationError
from salesforce import connect
from salesforce.admin import buttons, words
from salesforce.admin.buttons import RETRY_RIGHT, retry_question
from salesforce.admin.log import history, number, selected
from salesforce.errors import SalesforceError
from salesforce.looking import Side, sides
from salesforce.models import Account, Contact

HEAVY = ("sent", "sent_hash", "planned")
LIVE = "live"
State = Contact.State


def _again_question(page: Any, row: Any) -> Question:
    what = f"the {page.sobject.lower()} of customer {row.pk}"
    return Question(f"Try {what} again?", buttons.retry_text(what), "Try again", buttons.stopped())


class PushedAdmin(ReadOnlyAdmin):
    """`sobject`: Salesforce's name of the object."""

    sobject: str
    ordering: ClassVar[Any] = ("-pk",)
    list_display = ("called", "customer", "how", "why", "sent_when", "again", "there")
    list_filter: ClassVar[Any] = (choice("state", "State", words.STATE_CHOICES),)
    search_fields = ("st_customer_id",)
    search_help_text = "a customer's id, or Salesforce's id"
    actions = ("try_selected",)
    actions_list = ("try_failed", "try_conflicts")
    actions_detail = ("try_again",)
    empty_list = "Nothing is on its way yet. The first run reads the whole mirror; “Runs” shows how it goes."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer(*HEAVY)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return (queryset.filter(sf_id__in=[term, term[:18]]) if term[:3] in ("003", "001") and not term.isdigit()
                else queryset.filter(pk=number(term))), False  # fmt: skip

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(RETRY_RIGHT)

    def title_of(self, record: Any) -> str:
        return f"{self.sobject}: {record.name or f'customer {record.pk}'}"

    @admin.display(description="name")
    def called(self, row: Any) -> str:
        return row.name or f"customer {row.pk}"

    @admin.display(description="customer")
    def customer(self, row: Any) -> SafeString:
        return words.customer_link(row.pk, str(row.pk))

    @admin.display(description="state")
    def how(self, row: Any) -> SafeString:
        return words.state_pill(row.state)

    @admin.display(description="why")
    def why(self, row: Any) -> str:
        return show.short(row.reason or "; ".join(row.notes), 110) or show.DASH

    @admin.display(description="sent")
    def sent_when(self, row: Any) -> SafeString:
        return show.moment(row.sent_at)

    @admin.display(description="next look")
    def again(self, row: Any) -> SafeString:
        return show.moment(row.due_at)

    @admin.display(description="Salesforce")
    def there(self, row: Any) -> SafeString:
        return words.sf_link(row.sf_id, "open")

    def page(self, request: HttpRequest, record: Any) -> Page:
        live = LIVE in request.GET
        found, problem = _looked(record.pk, self.sobject, live)
        banners = [Banner(problem, show.WARNING)] if problem else []
        panels = [_facts(record), *_sides(record, found, live), history(record.pk)]
        return Page(panels, banners, words.state_pill(record.state))

    @confirmed("Try again", "retry", _again_question, icon="replay", variant=ActionVariant.PRIMARY)
    def try_again(self, request: HttpRequest, row: Any) -> None:
        buttons.ask_retry(request, self.sobject, [row], f"{self.sobject} of customer {row.pk} again", ids=[row.pk])

    @confirmed("Try all failed again", "retry", lambda page, row: retry_question(page.sobject, State.FAILED)(page, row),
               icon="replay")  # fmt: skip
    def try_failed(self, request: HttpRequest, _: Any) -> None:
        self._ask_all(request, State.FAILED)

    @confirmed("Try all conflicts again", "retry", lambda page, row: retry_question(page.sobject, State.CONFLICT)(page, row),
               icon="replay")  # fmt: skip
    def try_conflicts(self, request: HttpRequest, _: Any) -> None:
        self._ask_all(request, State.CONFLICT)

    def _ask_all(self, request: HttpRequest, state: str) -> None:
        what = f"every {self.sobject.lower()} at “{words.WORDS[State(state)]}”, again"
        buttons.ask_retry(request, self.sobject, buttons.everything(), what, state=state)

    @admin.action(description="Try the selected records again", permissions=["retry"])
    def try_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        rows = selected(request, self.model)
        many = f"{len(rows)} record{'' if len(rows) == 1 else 's'}"
        question = Question(f"Try {many} again?", buttons.retry_text(many), "Try again", buttons.stopped())
        asked = confirm_selected(self, request, "try_selected", question, [str(row.pk) for row in rows])
        if asked is None and rows:
            buttons.ask_retry(request, self.sobject, rows, f"{many} again", ids=[row.pk for row in rows])
        return asked


@admin.register(Contact)
class ContactAdmin(PushedAdmin):
    sobject = "Contact"


@admin.register(Account)
class AccountAdmin(PushedAdmin):
    sobject = "Account"
    empty_list = "Customers become accounts as well where SALESFORCE_ACCOUNTS is “customer”."


def _looked(customer_id: int, sobject: str, live: bool) -> tuple[Side | None, str]:
    """(what should be there and what is, why Salesforce was not asked)."""
    with acting_as("salesforce"):
        problem = ""
        found: list[Side] = []
        try:
            found = sides(customer_id, connect.client() if live else None, Stats())
        except (SalesforceError, IsolationError, redis.RedisError) as error:
            problem = f"Salesforce could not be asked: {error}"
            found = sides(customer_id, None, Stats())
    return next((side for side in found if side.kind.sobject == sobject), None), problem


def _facts(row: Any) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Customer", words.customer_link(row.pk, row.name)),
        ("In Salesforce", words.sf_link(row.sf_id)),
        ("Salesforce's id", show.copyable(row.sf_id)),
        ("Why", show.some(row.reason)),
        ("Salesforce's word", show.some(row.code)),
        ("Cut or left out", show.lines([show.plain(note) for note in row.notes]) if row.notes else show.NOTHING),
        ("Last sent", show.moment(row.sent_at)),
        ("Failures in a row", show.number(row.attempts)),
        ("Next look", show.moment(row.due_at)),
    ]
    return Facts(title="State", rows=rows)


def _sides(row: Any, side: Side | None, live: bool) -> list[Panel]:
    """What was sent, what would be sent now, and what is there where somebody asked."""
    wanted, sent = side.wanted.values if side and side.wanted else {}, row.sent or {}
    there: dict[str, Any] = (side.there or {}) if side else {}
    differing = {part["field"] for part in side.differs} if side else set()
    rows = [
        (name, _value(sent.get(name)), _value(wanted.get(name)),
         _there(there.get(name), name in differing) if live else show.quiet("not asked"))
        for name in {**wanted, **sent}
    ]  # fmt: skip
    ask = None if live else ("Ask Salesforce now", f"?{LIVE}=1")
    return [Table(title="Values", headers=("Field", "Sent last", "ServiceTitan has now", "Salesforce has"), rows=rows, more=ask,
                  empty="Nothing is to be sent.")]  # fmt: skip


def _value(value: Any) -> Any:
    return show.NOTHING if value is None or value == "" else str(value)


def _there(value: Any, differs: bool) -> Any:
    return show.pill(str(value) if value not in (None, "") else "nothing", show.WARNING) if differs else _value(value)
