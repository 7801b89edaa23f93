"""What the brake holds: look at what would change, and decide."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from config.backoffice import pages, show
from config.backoffice.asking import Question, ask, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice
from config.backoffice.panels import Banner, Facts, Page, Panel, Table
from config.backoffice.wording import choices
from integrations.ghl.admin import words
from integrations.ghl.admin.buttons import DECIDE_RIGHT, by, stopped
from integrations.ghl.admin.sides import WORDS
from integrations.ghl.models import Contact, Draft

State = Draft.State


def _question(approve: bool) -> Any:
    def question(_: Any, draft: Draft) -> Question:
        nothing = "" if draft.state == State.OPEN else f"It was decided already, by {draft.decided_by}."
        if approve:
            text = f"All {draft.changes:,} contacts that it holds are sent to GoHighLevel as they are in the mirror now."
            return Question(f"Send {draft.changes:,} contacts?", text, "Approve and send", nothing or stopped())
        text = "Nothing is sent. A contact that it holds is sent when its customer changes again."
        return Question("Reject these changes?", text, "Reject", nothing)

    return question


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    list_display = ("called", "how", "made", "fields_", "decided")
    list_filter = (choice("state", "State", choices(State)),)
    ordering = ("-id",)
    actions_detail = ("approve", "reject")
    empty_list = "The brake has held nothing: no run wanted to change an unusual number of contacts."

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(DECIDE_RIGHT)

    def title_of(self, record: Any) -> str:
        return f"Draft {record.pk}: {record.changes:,} contacts would change"

    @admin.display(description="draft")
    def called(self, draft: Draft) -> str:
        return f"{draft.changes:,} of {draft.sent_contacts:,} contacts"

    @admin.display(description="state")
    def how(self, draft: Draft) -> SafeString:
        return words.draft_pill(draft)

    @admin.display(description="made")
    def made(self, draft: Draft) -> SafeString:
        return show.moment(draft.made_at)

    @admin.display(description="what would change")
    def fields_(self, draft: Draft) -> str:
        return show.short(", ".join(f"{WORDS.get(name, name)} ({count:,})" for name, count in draft.fields.items()), 90)

    @admin.display(description="decided")
    def decided(self, draft: Draft) -> SafeString | str:
        return format_html("{} {}", draft.decided_by, show.moment(draft.decided_at)) if draft.decided_at else show.DASH

    def page(self, request: HttpRequest, record: Draft) -> Page:
        share = record.changes / record.sent_contacts if record.sent_contacts else 1
        facts: list[tuple[str, Any]] = [
            ("Would change", f"{record.changes:,} of {record.sent_contacts:,} contacts ({share:.0%})"),
            ("Made", show.moment(record.made_at)),
            ("Decided", self.decided(record)),
        ]
        open_one = record.state == State.OPEN
        banners = [Banner("These contacts wait. Everything else goes on. Is it what you expect?", show.BAD)] if open_one else []
        panels = [Facts(title="Draft", rows=facts), _fields(record), _sample(record)]
        return Page(panels, banners, words.draft_pill(record))

    @confirmed("Approve and send", "decide", _question(True), icon="check_circle", variant=ActionVariant.PRIMARY)
    def approve(self, request: HttpRequest, draft: Draft) -> None:
        _decide(request, draft, approve=True)

    @confirmed("Reject", "decide", _question(False), icon="block")
    def reject(self, request: HttpRequest, draft: Draft) -> None:
        _decide(request, draft, approve=False)


def _decide(request: HttpRequest, draft: Draft, *, approve: bool) -> None:
    what = f"{'approval' if approve else 'rejection'} of draft {draft.pk}"
    who = request.user.get_username()
    ask(request, "ghl.decide", [draft], what, draft=draft.pk, approve=approve, who=who, trigger=by(request))


def _fields(draft: Draft) -> Panel:
    rows = [(WORDS.get(name, name), show.number(count)) for name, count in draft.fields.items()]
    return Facts(title="In how many contacts", rows=rows)


def _sample(draft: Draft) -> Panel:
    rows = [
        (show.link(pages.page_of(Contact, found["customer"]), found.get("name") or found["customer"]), WORDS.get(field, field),
         _value(old), _value(new))
        for found in draft.sample
        for field, (old, new) in found["changes"].items()
    ]  # fmt: skip
    headers = ("Contact", "Field", "There now", "Would be")
    return Table(title=f"{len(draft.sample)} of them", headers=headers, rows=rows)


def _value(value: Any) -> Any:
    return show.some(", ".join(map(str, value)) if isinstance(value, list) else value)
