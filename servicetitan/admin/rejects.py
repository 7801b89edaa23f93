"""Records that could not be loaded, and what a person can do about them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from config.backoffice import operators, show, wording
from config.backoffice.asking import Question, ask, confirm_selected, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice, of
from config.backoffice.panels import Page, Panel, Text
from servicetitan.admin import reject_panels, words
from servicetitan.entities import BY_NAME
from servicetitan.models import SyncReject

RIGHT = "servicetitan.change_syncreject"
operators.may(RIGHT)

State = SyncReject.State


def cause_of(reason: str) -> str:
    """What many rejects have in common: the reason up to the value it quotes."""
    return reason.partition('"')[0]


def _of_cause(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    return rows.filter(reason__startswith=chosen)


def _retry_text(count: str) -> str:
    return (
        f"Reads {count} from ServiceTitan once more, where that is possible, and loads the answer; "
        "else loads the stored record again. What loads is resolved, what does not stays open with its new reason."
    )


def _dismiss_text(count: str) -> str:
    return (
        f"Marks {count} as not wanted: it is not tried again. The mirror keeps what it had. "
        "If ServiceTitan sends the record again and it is different, it is open again."
    )


def _retry_question(_: Any, reject: SyncReject) -> Question:
    nothing = "It has been loaded since: there is nothing to retry." if reject.state == State.RESOLVED else ""
    return Question("Retry this record?", _retry_text("this record"), "Retry", nothing)


def _dismiss_question(_: Any, reject: SyncReject) -> Question:
    nothing = "" if reject.state == State.OPEN else f"It is {wording.lower(State(reject.state))} already."
    return Question("Dismiss this record?", _dismiss_text("this record"), "Dismiss", nothing)


@admin.register(SyncReject)
class SyncRejectAdmin(ReadOnlyAdmin):
    list_display = ("record", "feed", "condition", "why", "attempts", "seen", "tried")
    list_filter = (
        choice("state", "State", wording.choices(State), default=State.OPEN),
        choice("entity", "Feed", words.ENTITY_CHOICES),
        of("cause", "Reason", _of_cause),
    )
    ordering = ("-id",)
    list_per_page = 100
    search_fields = ("record_id",)
    search_help_text = "the record's id"
    actions = ("retry_selected", "dismiss_selected")
    actions_detail = ("retry", "dismiss")
    empty_list = "No record was rejected: everything that came could be loaded."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("payload")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (queryset.filter(entity__in=BY_NAME, record_id=term) if term else queryset), False

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(RIGHT)

    def list_notes(self, request: HttpRequest) -> list[Panel]:
        return reject_panels.causes()

    @admin.display(description="record")
    def record(self, reject: SyncReject) -> str:
        return reject.record_id

    @admin.display(description="feed")
    def feed(self, reject: SyncReject) -> str:
        return words.called(reject.entity)

    @admin.display(description="state")
    def condition(self, reject: SyncReject) -> SafeString:
        return show.pill(wording.lower(State(reject.state)), words.REJECT_TONES[State(reject.state)])

    @admin.display(description="reason")
    def why(self, reject: SyncReject) -> str:
        return show.short(reject.reason, 90)

    @admin.display(description="first seen")
    def seen(self, reject: SyncReject) -> SafeString:
        return show.moment(reject.first_seen_at)

    @admin.display(description="last tried")
    def tried(self, reject: SyncReject) -> SafeString:
        return show.moment(reject.last_tried_at)

    def title_of(self, record: Any) -> str:
        return f"{words.called(record.entity)} {record.record_id}"

    def page(self, request: HttpRequest, record: SyncReject) -> Page:
        payload = Text(title="The record as it came", content=show.pretty(record.payload))
        return Page([reject_panels.why(record), reject_panels.history(record), payload], (), self.condition(record))

    @confirmed("Retry", "decide", _retry_question, icon="replay")
    def retry(self, request: HttpRequest, reject: SyncReject) -> None:
        _ask_retry(request, [reject])

    @confirmed("Dismiss", "decide", _dismiss_question, icon="block")
    def dismiss(self, request: HttpRequest, reject: SyncReject) -> None:
        _ask_dismissal(request, [reject])

    @admin.action(description="Retry the selected", permissions=["decide"])
    def retry_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        rejects = _selected(request, [State.OPEN, State.DISMISSED])
        question = Question(f"Retry {_many(rejects)}?", _retry_text(_many(rejects)), "Retry", _none(rejects))
        asked = confirm_selected(self, request, "retry_selected", question, _ids(rejects))
        if asked is None:
            _ask_retry(request, rejects)
        return asked

    @admin.action(description="Dismiss the selected", permissions=["decide"])
    def dismiss_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        rejects = _selected(request, [State.OPEN])
        question = Question(f"Dismiss {_many(rejects)}?", _dismiss_text(_many(rejects)), "Dismiss", _none(rejects))
        asked = confirm_selected(self, request, "dismiss_selected", question, _ids(rejects))
        if asked is None:
            _ask_dismissal(request, rejects)
        return asked


def _selected(request: HttpRequest, states: list[State]) -> list[SyncReject]:
    """The ticked rows that the action can be about; never "all of them"."""
    ids = [int(pk) for pk in request.POST.getlist("_selected_action") if pk.isdecimal()]
    return list(SyncReject.objects.filter(pk__in=ids, state__in=states).defer("payload"))


def _many(rejects: list[SyncReject]) -> str:
    return f"{len(rejects)} record{'' if len(rejects) == 1 else 's'}"


def _none(rejects: list[SyncReject]) -> str:
    return "" if rejects else "None of the selected records is open."


def _ids(rejects: list[SyncReject]) -> list[str]:
    return [str(reject.pk) for reject in rejects]


def _ask_retry(request: HttpRequest, rejects: list[SyncReject]) -> None:
    ids, by = [r.pk for r in rejects], f"admin: {request.user.get_username()}"
    if ids:
        ask(request, "servicetitan.retry_rejects", rejects, f"retry of {_many(rejects)}", ids=ids, trigger=by)


def _ask_dismissal(request: HttpRequest, rejects: list[SyncReject]) -> None:
    if ids := [r.pk for r in rejects]:
        ask(request, "servicetitan.dismiss_rejects", rejects, f"dismissal of {_many(rejects)}", ids=ids)
