"""What the brake holds back, with the difference it would make; a person approves or rejects it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from config.backoffice import operators, pages, show
from config.backoffice.asking import Question, ask, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice
from config.backoffice.panels import Banner, Facts, Page, Panel, Table
from config.backoffice.positions import few
from config.backoffice.wording import choices
from integrations.admin import buttons, sides, words
from integrations.models import Contact, Draft

State = Draft.State
TONES = {State.OPEN: show.WARNING, State.APPROVED: show.GOOD, State.REJECTED: show.PLAIN}
STATE_WORDS = {State.OPEN: "waits for a decision", State.APPROVED: "approved", State.REJECTED: "rejected"}
RIGHT = "integrations.change_draft"
operators.may(RIGHT)


def count_open() -> str:
    """For the menu."""
    count, text = few(Draft.objects.filter(state=State.OPEN), 99)
    return text if count else ""


def contacts(count: int) -> str:
    return "1 contact" if count == 1 else f"{count:,} contacts"


def _decided(draft: Draft) -> str:
    if draft.state == State.OPEN:
        return ""
    return f"It was {STATE_WORDS[State(draft.state)]} by {draft.decided_by or 'somebody'}: there is nothing left to decide."


def _approve_question(_: Any, draft: Draft) -> Question:
    text = (
        f"{contacts(draft.changes)} of {draft.sent_contacts:,} are changed at GoHighLevel, at its pace: their fields there are "
        "overwritten with what ServiceTitan has now. There is no button that takes it back."
    )
    return Question(f"Change {contacts(draft.changes)} at GoHighLevel?", text, f"Approve {contacts(draft.changes)}",
                    _decided(draft) or buttons.stopped())  # fmt: skip


def _reject_question(_: Any, draft: Draft) -> Question:
    text = (
        f"{contacts(draft.changes)} stay at GoHighLevel as they are. Each is sent again only when its customer changes again in "
        "ServiceTitan: so first put right there, or in the mapping, what made them change."
    )
    return Question("Reject this draft?", text, "Reject", _decided(draft))


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    list_display = ("called", "condition", "made", "would", "share", "which", "decided")
    list_filter = (choice("state", "State", choices(State)),)
    ordering = ("-id",)
    actions_detail = ("approve", "reject")
    empty_list = "No run wanted to change more contacts than usual: the brake held nothing back."

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(RIGHT)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("sample")

    def offers(self, record: Draft, button: str) -> bool:
        return record.state == State.OPEN

    def title_of(self, record: Any) -> str:
        return f"Draft {record.pk}"

    @admin.display(description="draft")
    def called(self, draft: Draft) -> str:
        return f"Draft {draft.pk}"

    @admin.display(description="state")
    def condition(self, draft: Draft) -> SafeString:
        return show.pill(STATE_WORDS[State(draft.state)], TONES[State(draft.state)])

    @admin.display(description="held since")
    def made(self, draft: Draft) -> SafeString:
        return show.moment(draft.made_at)

    @admin.display(description="would change")
    def would(self, draft: Draft) -> str:
        return contacts(draft.changes)

    @admin.display(description="share")
    def share(self, draft: Draft) -> str:
        return _share(draft.changes, draft.sent_contacts)

    @admin.display(description="fields")
    def which(self, draft: Draft) -> str:
        return show.short(", ".join(_label(name) for name in draft.fields), 60) or show.DASH

    @admin.display(description="decided by")
    def decided(self, draft: Draft) -> str:
        return draft.decided_by or show.DASH

    def page(self, request: HttpRequest, record: Draft) -> Page:
        return Page([_facts(record), _fields(record), _samples(record)], _banners(record), self.condition(record))

    @confirmed("Approve", "decide", _approve_question, icon="check_circle", variant=ActionVariant.PRIMARY)
    def approve(self, request: HttpRequest, draft: Draft) -> None:
        _ask(request, draft, approve=True)

    @confirmed("Reject", "decide", _reject_question, icon="block")
    def reject(self, request: HttpRequest, draft: Draft) -> None:
        _ask(request, draft, approve=False)


def _ask(request: HttpRequest, draft: Draft, *, approve: bool) -> None:
    what = f"{'approval' if approve else 'rejection'} of draft {draft.pk}, {contacts(draft.changes)}"
    who = request.user.get_username()
    ask(request, "ghl.decide", [draft], what, draft=draft.pk, approve=approve, who=who, trigger=buttons.by(request))


def _banners(draft: Draft) -> list[Banner]:
    if draft.state != State.OPEN:
        return []
    text = (
        f"A run wanted to change {contacts(draft.changes)} of {draft.sent_contacts:,}, more than is usual "
        "(GHL_BRAKE_PERCENT), so it stopped before the first. Is this what you expect? Then approve it. If not, reject it: "
        "nothing at GoHighLevel changes."
    )
    return [Banner(text, show.WARNING)]


def _facts(draft: Draft) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Would change", f"{contacts(draft.changes)} ({_share(draft.changes, draft.sent_contacts)} of all)"),
        ("Contacts there are", show.number(draft.sent_contacts)),
        ("Held since", show.moment(draft.made_at)),
        ("Still held", few(Contact.objects.filter(draft=draft.pk), 1000)[1]),
        ("Decided", show.moment(draft.decided_at)),
        ("Decided by", show.some(draft.decided_by)),
    ]
    return Facts(title="The draft", rows=rows)


def _fields(draft: Draft) -> Panel:
    rows = [(_label(name), show.number(count), _share(count, draft.changes)) for name, count in draft.fields.items()]
    return Table(title="Which fields would change", headers=("Field", "Contacts", "Of the draft"), rows=rows,
                 numeric=frozenset({1, 2}), wide=False)  # fmt: skip


def _samples(draft: Draft) -> Panel:
    rows = [row for one in draft.sample for row in _sample(one)]
    note = f"{len(draft.sample)} of {contacts(draft.changes)}, as examples." if draft.changes > len(draft.sample) else ""
    headers = ("Customer", "Field", "At GoHighLevel, as sent before", "Would become")
    return Table(title="What would change", headers=headers, rows=rows, note=note)


def _sample(one: dict[str, Any]) -> list[tuple[Any, ...]]:
    """A line for each field; the customer is named in the first."""
    id = int(one["customer"])
    who = show.lines([pages.link_to(Contact(pk=id), one.get("name") or f"contact {id}"), words.customer_link(id)])
    changes = list(one["changes"].items())
    return [
        (who if first == 0 else "", _label(name), show.some(_text(old)), show.some(_text(new)))
        for first, (name, (old, new)) in enumerate(changes)
    ]


def _text(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _label(name: str) -> str:
    return sides.LABELS.get(name, name)


def _share(part: int, whole: int) -> str:
    return f"{part * 100 / whole:.0f} %" if whole else show.DASH
