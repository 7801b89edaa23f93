"""What the pages of contacts and opportunities share: both sides, why, tries, and what can be asked for."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from config.backoffice import pages, show
from config.backoffice.asking import Question, ask, confirm_selected, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice
from config.backoffice.panels import Banner, Facts, Page, Panel
from integrations.admin import buttons, places, reasons, sides, words
from integrations.admin.buttons import MAKE_RIGHT, RETRY_RIGHT
from integrations.admin.log import history, selected
from integrations.admin.words import PLURAL, State
from integrations.models import Draft

HEAVY = ("sent", "remote", "sent_hash")


def _again_question(page: Any, row: Any) -> Question:
    nothing = buttons.stopped()
    if row.gone_at:
        nothing = "It was deleted at GoHighLevel: “Make again” makes a new one there."
    elif row.draft_id:
        nothing = "It waits for the approval of a draft."
    return Question(f"Try this {page.kind} again?", buttons.retry_text(f"this {page.kind}"), "Try again", nothing)


def _make_question(page: Any, row: Any) -> Question:
    nothing = buttons.stopped() if row.gone_at else "It was not deleted at GoHighLevel: there is nothing to make again."
    text = (
        f"The {page.kind} was deleted at GoHighLevel. A new one is made there from what ServiceTitan has now. What people wrote "
        "on the old one does not come back: GoHighLevel's own “Restore” brings that, within 60 days."
    )
    return Question(f"Make this {page.kind} again?", text, "Make again", nothing)


def _state_question(state: str) -> Any:
    return lambda page, row: buttons.retry_question(page.kind, state)(page, row)


class PushedAdmin(ReadOnlyAdmin):
    """`kind`: one of SyncLog's."""

    kind: str
    ordering: ClassVar[Any] = ("-pk",)
    list_filter: ClassVar[Any] = (
        choice("state", "State", words.STATE_CHOICES),
        choice("why", "Reason", reasons.CHOICES, narrow=lambda rows, chosen: rows.filter(reasons.ALL[chosen].where())),
    )
    actions = ("try_selected",)
    actions_list = ("try_failed", "try_conflicts")
    actions_detail = ("try_again", "make_again")
    empty_list = "Nothing is on its way yet. The first run reads the whole mirror; “Runs” shows how it goes."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer(*HEAVY)

    def one(self) -> QuerySet[Any]:
        return super().one().select_related("draft")

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(RETRY_RIGHT)

    def has_make_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(MAKE_RIGHT[self.kind])

    def offers(self, record: Any, button: str) -> bool:
        """What was deleted there is made again; anything else is tried again."""
        return button == ("make_again" if record.gone_at else "try_again")

    @admin.display(description="state")
    def condition(self, row: Any) -> SafeString:
        return words.condition(row)

    @admin.display(description="why")
    def why(self, row: Any) -> str:
        return show.short(row.reason, 90) or show.DASH

    @admin.display(description="GoHighLevel")
    def there(self, row: Any) -> SafeString:
        return words.ghl_link(self.kind, None if row.gone_at else row.ghl_id, "open")

    @admin.display(description="last sent")
    def sent_last(self, row: Any) -> SafeString:
        return show.moment(row.sent_at)

    # The page

    def page(self, request: HttpRequest, record: Any) -> Page:
        known = places.read()
        panels = [self.who(record, known), _stand(record), sides.panel(record, known), *self.more(request, record, known)]
        panels.append(history(self.kind, record.pk))
        return Page(panels, _banners(record), words.condition(record))

    def who(self, row: Any, known: places.Places) -> Panel:
        raise NotImplementedError

    def more(self, request: HttpRequest, row: Any, known: places.Places) -> list[Panel]:
        return []

    # What people ask for

    @confirmed("Try again", "retry", _again_question, icon="replay", variant=ActionVariant.PRIMARY)
    def try_again(self, request: HttpRequest, row: Any) -> None:
        buttons.ask_retry(request, self.kind, [row], f"{self.kind} {row.pk} again", ids=[row.pk])

    @confirmed("Make again", "make", _make_question, icon="add_circle")
    def make_again(self, request: HttpRequest, row: Any) -> None:
        what = f"{self.kind} {row.pk} made again at GoHighLevel"
        ask(request, "ghl.make_again", [row], what, kind=str(self.kind), id=row.pk, trigger=buttons.by(request))

    @confirmed("Try all failed again", "retry", _state_question(State.FAILED), icon="replay")
    def try_failed(self, request: HttpRequest, _: Any) -> None:
        self._all(request, State.FAILED, "failed")

    @confirmed("Try all conflicts again", "retry", _state_question(State.CONFLICT), icon="replay")
    def try_conflicts(self, request: HttpRequest, _: Any) -> None:
        self._all(request, State.CONFLICT, "are in conflict")

    def _all(self, request: HttpRequest, state: str, which: str) -> None:
        what = f"all {PLURAL[self.kind]} that {which}, again"
        buttons.ask_retry(request, self.kind, buttons.everything(), what, state=state)

    @admin.action(description="Try the selected again", permissions=["retry"])
    def try_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        rows = selected(request, self.model)
        many = f"{len(rows)} {PLURAL[self.kind] if len(rows) != 1 else self.kind}"
        question = Question(f"Try {many} again?", buttons.retry_text(many), "Try again", buttons.stopped())
        asked = confirm_selected(self, request, "try_selected", question, [str(row.pk) for row in rows])
        if asked is None and rows:
            buttons.ask_retry(request, self.kind, rows, f"{many} again", ids=[row.pk for row in rows])
        return asked


def _banners(row: Any) -> list[Banner]:
    if row.state == State.CONFLICT:
        return [Banner(f"{row.reason}\n{reasons.advice(row.reason)}", show.BAD if row.gone_at else show.WARNING)]
    if row.state == State.FAILED:
        return [Banner(row.reason, show.BAD)]
    return [Banner(row.reason, show.INFO)] if row.reason else []


def _stand(row: Any) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Last sent", show.moment(row.sent_at)),
        ("Last seen there", show.moment(row.seen_at)),
        ("Next look", show.moment(row.due_at)),
        ("Failures in a row", show.number(row.attempts)),
        ("Was there before us", show.yes_no(row.adopted)),
    ]
    if row.intent_at:
        rows.append(("A call is open", show.moment(row.intent_at)))
    if row.gone_at:
        rows.append(("Found deleted", show.moment(row.gone_at)))
    if row.draft_id:
        rows.append(("Held by", show.link(pages.page_of(Draft, row.draft_id), f"draft {row.draft_id}")))
    return Facts(title="Where it stands", rows=rows)
