"""Contacts and opportunities: which customer is which contact, what was sent, what is there."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.filters import choice, recent_choice
from config.backoffice.panels import Banner, Facts, Page, Panel, Table
from config.backoffice.wording import choices
from integrations.ghl.admin import log, sides, words
from integrations.ghl.admin.buttons import RecordButtons
from integrations.ghl.models import Contact, Draft, Opportunity, Pushed, StageRule, SyncLog
from servicetitan.models import Customer

State = Pushed.State
HISTORY_SHOWN = 15
HAPPENED = dict(StageRule.Happened.choices)
LOOKS = (("differs", "differs there"), ("gone", "deleted there"), ("adopted", "was there before us"))


def _by_look(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    if chosen == "gone":
        return rows.filter(gone_at__isnull=False)
    if chosen == "adopted":
        return rows.filter(adopted=True)
    return rows.filter(state=State.SENT, remote__isnull=False, reason__gt="")


class PushedAdmin(RecordButtons):
    """`narrow_id`: the column that a number typed into the search box is looked up in, besides GoHighLevel's ids."""

    numbers: tuple[str, ...]
    search_fields = ("ghl_id",)  # shows the box; what it finds is in `get_search_results`
    empty_list = "Nothing here. The first run fills it: “Send now” on the page “Runs”."

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Only what an index finds."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.isascii() and term.isdigit() and int(term) < 2**63:
            found = queryset.none()
            for name in self.numbers:
                found = found | queryset.filter(**{name: int(term)})
            return found, False
        return self.found_by_text(queryset, term), False

    def found_by_text(self, rows: Any, term: str) -> Any:
        return rows.filter(ghl_id=term)

    @admin.display(description="state")
    def how(self, row: Pushed) -> SafeString:
        return words.record_pill(row)

    @admin.display(description="why")
    def why(self, row: Pushed) -> str:
        return show.short(row.reason, 90) or show.DASH

    @admin.display(description="sent")
    def sent_(self, row: Pushed) -> SafeString:
        return show.moment(row.sent_at)

    @admin.display(description="GoHighLevel")
    def there(self, row: Pushed) -> SafeString:
        return words.ghl_link(row, "open")

    @admin.display(description="sent by the hub")
    def our_side(self, row: Pushed) -> SafeString:
        return sides.lines(row)[0]

    @admin.display(description="at GoHighLevel")
    def their_side(self, row: Pushed) -> SafeString:
        return sides.lines(row)[1]

    def get_list_display(self, request: HttpRequest) -> Any:
        """Where something is wrong the two sides stand next to each other."""
        shown = tuple(super().get_list_display(request))
        conflicts = request.GET.get("state") == State.CONFLICT or request.GET.get("look") == "differs"
        left_out = ("phone_", "email_", "sent_", "value_", "place")
        return (*(name for name in shown if name not in left_out), "our_side", "their_side") if conflicts else shown

    def page(self, request: HttpRequest, record: Any) -> Page:
        panels = [self.who(record), self.standing(record), sides.panel(record), _history(self.kind, record)]
        return Page(panels, _banners(record), show.format_inline(words.record_pill(record), words.ghl_link(record)))

    def who(self, row: Any) -> Panel:
        raise NotImplementedError

    def standing(self, row: Pushed) -> Panel:
        rows: list[tuple[str, Any]] = [
            ("Sent", show.moment(row.sent_at)),
            ("Seen there", show.moment(row.seen_at)),
            ("Looked at next", show.moment(row.due_at)),
            ("Failures in a row", show.number(row.attempts)),
            ("Was there before us", show.yes_no(row.adopted)),
            ("GoHighLevel's id", show.copyable(row.ghl_id)),
        ]
        return Facts(title="Standing", rows=rows)


@admin.register(Contact)
class ContactAdmin(PushedAdmin):
    kind = SyncLog.Kind.CONTACT.value
    numbers = ("st_customer_id",)
    list_display = ("called", "customer", "how", "why", "phone_", "email_", "sent_", "there")
    list_filter = (
        choice("state", "State", choices(State)),
        recent_choice("look", "There", LOOKS, narrow=_by_look, window="st_customer_id"),
    )
    ordering = ("-st_customer_id",)
    search_help_text = "customer's id, GoHighLevel's id, phone (+1...) or e-mail, exactly"

    def found_by_text(self, rows: Any, term: str) -> Any:
        return rows.filter(ghl_id=term) | rows.filter(email=term.lower()) | rows.filter(phone=term)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the mirror's name: who was never sent has no other."""
        name = Customer.objects.filter(pk=OuterRef("pk")).values("name")[:1]
        rows: QuerySet[Any] = super().get_queryset(request)
        named: QuerySet[Any] = rows.annotate(mirrored=Subquery(name))
        return named

    def title_of(self, record: Any) -> str:
        return record.name or f"Customer {record.pk}"

    @admin.display(description="contact")
    def called(self, row: Any) -> str:
        return row.name or row.mirrored or f"customer {row.pk}"

    @admin.display(description="customer")
    def customer(self, row: Contact) -> SafeString:
        return words.customer_link(row.pk)

    @admin.display(description="phone")
    def phone_(self, row: Contact) -> str:
        return row.phone or show.DASH

    @admin.display(description="e-mail")
    def email_(self, row: Contact) -> str:
        return row.email or show.DASH

    def who(self, row: Contact) -> Panel:
        off = [f"{channel}: {status}" for channel, status in (row.dnd_settings or {}).items() if status != "inactive"]
        rows: list[tuple[str, Any]] = [
            ("Customer", words.customer_link(row.pk, row.name or None)),
            ("Phone", show.copyable(row.phone)),
            ("E-mail", show.copyable(row.email)),
            ("Our tags", show.some(", ".join(row.tags))),
            ("Do not disturb", show.yes_no(row.dnd)),
            ("By channel", show.some(", ".join(off))),
        ]
        return Facts(title="Contact", rows=rows)

    def page(self, request: HttpRequest, record: Any) -> Page:
        made = super().page(request, record)
        cards = list(Opportunity.objects.filter(st_customer_id=record.pk).order_by("-id")[:HISTORY_SHOWN])
        return Page([*made.panels, *([cards_panel(cards)] if cards else [])], made.banners, made.lead)


@admin.register(Opportunity)
class OpportunityAdmin(PushedAdmin):
    kind = SyncLog.Kind.OPPORTUNITY.value
    numbers = ("st_estimate_id", "st_customer_id")
    list_display = ("called", "estimate", "customer", "how", "why", "place", "value_", "sent_", "there")
    list_filter = (
        choice("state", "State", choices(State)),
        recent_choice("happened", "Happened", StageRule.Happened.choices),
        recent_choice("look", "There", (*LOOKS, ("moved", "moved by people")), narrow=lambda rows, chosen: (
            rows.filter(moved_by_human=True) if chosen == "moved" else _by_look(rows, chosen))),
    )  # fmt: skip
    ordering = ("-id",)
    search_help_text = "estimate's or customer's id, or GoHighLevel's id"

    def title_of(self, record: Any) -> str:
        return record.name or f"Opportunity {record.pk}"

    @admin.display(description="opportunity")
    def called(self, row: Opportunity) -> str:
        return show.short(row.name, 40) or f"opportunity {row.pk}"

    @admin.display(description="estimate")
    def estimate(self, row: Opportunity) -> SafeString:
        return words.estimate_link(row.st_estimate_id or row.slot or None)

    @admin.display(description="customer")
    def customer(self, row: Opportunity) -> SafeString:
        return words.customer_link(row.st_customer_id)

    @admin.display(description="stands in")
    def place(self, row: Opportunity) -> SafeString | str:
        return place(row)

    @admin.display(description="value")
    def value_(self, row: Opportunity) -> SafeString | str:
        return show.money(row.value)

    def who(self, row: Opportunity) -> Panel:
        rows: list[tuple[str, Any]] = [
            ("Estimate", self.estimate(row)),
            ("Customer", words.customer_link(row.st_customer_id)),
            ("Contact", show.link(pages.page_of(Contact, row.st_customer_id), f"contact {row.st_customer_id}")),
            ("Happened", show.some(HAPPENED.get(row.happened, row.happened))),
            ("Stands in", show.some(place(row))),
            ("Value", show.money(row.value)),
            ("Moved by people", show.yes_no(row.moved_by_human)),
        ]
        return Facts(title="Opportunity", rows=rows)


def place(row: Opportunity) -> SafeString | str:
    """Where the card stands: where people put it, or where we did."""
    remote = (row.remote or {}) if row.moved_by_human else {}
    stage = remote.get("pipelineStageId") or row.stage_id
    text = words.places().text(remote.get("pipelineId") or row.pipeline_id, stage)
    if not text:
        return show.DASH
    status = remote.get("status") or row.status
    moved = show.pill("moved there", show.INFO) if row.moved_by_human else ""
    return show.format_inline(text, show.quiet(status), moved)


def cards_panel(cards: list[Opportunity], title: str = "Opportunities") -> Panel:
    rows = [
        (pages.link_to(card, show.short(card.name, 40) or card.pk), words.record_pill(card), place(card),
         show.money(card.value), show.short(card.reason, 60), words.ghl_link(card, "open"))
        for card in cards
    ]  # fmt: skip
    headers = ("Opportunity", "State", "Stands in", "Value", "Why", "GoHighLevel")
    return Table(title=title, headers=headers, rows=rows, numeric=frozenset({3}))


def _banners(row: Pushed) -> list[Banner]:
    found = []
    if row.draft_id:
        link = show.link(pages.page_of(Draft, row.draft_id), "Look at the draft")
        found.append(Banner(show.format_inline("The brake holds it until somebody decides.", link), show.BAD))
    elif row.reason:
        found.append(Banner(row.reason, words.STATE_TONES[State(row.state)]))
    if row.gone_at:
        found.append(Banner(format_html("It was deleted at GoHighLevel, found {}.", show.moment(row.gone_at)), show.WARNING))
    if row.intent_at:
        found.append(Banner("A call to make it had no answer: GoHighLevel is asked for it before anything is sent again.",
                            show.INFO))  # fmt: skip
    return found


def _history(kind: str, row: Pushed) -> Panel:
    found = log.of_record(kind, row.pk, HISTORY_SHOWN + 1)
    more = (pages.list_of(SyncLog, record=f"{kind}:{row.pk}"), "All of them") if len(found) > HISTORY_SHOWN else None
    rows = [log.cells(entry) for entry in found[:HISTORY_SHOWN]]
    return Table(title="What became of it", headers=log.HEADERS, rows=rows, more=more, empty="Nothing was sent yet.")
