"""What was done with each record. Who somebody is and how to reach them is masked before it is stored."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.asking import Question, confirm_selected, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice, of, recent_choice
from config.backoffice.panels import Facts, Page, Panel, Table, Text
from config.backoffice.positions import LOG_WINDOW
from config.backoffice.wording import choices
from integrations.admin import buttons, reasons, words
from integrations.admin.buttons import RETRY_RIGHT, retry_question
from integrations.admin.words import Kind, State
from integrations.models import SyncLog, SyncRun

HISTORY_SHOWN = 20


def number(text: str) -> int:
    """An id out of an address; -1, which no record has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _of_record(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    """`chosen` is "kind:id"."""
    kind, _, id = chosen.partition(":")
    return rows.filter(kind=kind, record_id=number(id))


def _retry_question(_: Any, log: SyncLog) -> Question:
    return Question(f"Try this {log.kind} again?", buttons.retry_text(f"this {log.kind}"), "Try again", buttons.stopped())


@admin.register(SyncLog)
class SyncLogAdmin(ReadOnlyAdmin):
    list_display = ("when", "record", "how", "done", "why", "tries", "again", "there")
    list_display_links = ("when",)
    list_filter = (
        choice("state", "State", words.STATE_CHOICES),
        recent_choice("kind", "Kind", choices(Kind), rows=LOG_WINDOW),
        recent_choice("why", "Reason", reasons.CHOICES, rows=LOG_WINDOW,
                      narrow=lambda rows, chosen: rows.filter(reasons.ALL[chosen].where())),
        recent_choice("act", "What was done", words.ACT_CHOICES, rows=LOG_WINDOW),
        of("run", "Run", lambda rows, chosen: rows.filter(run=number(chosen))),
        of("of", "Record", _of_record, lambda chosen: chosen.replace(":", " ")),
    )  # fmt: skip
    ordering = ("-id",)
    search_fields = ("record_id",)
    search_help_text = "a customer's id, or an opportunity's number here"
    actions = ("try_selected",)
    actions_list = ("try_failed_contacts", "try_failed_opportunities")
    actions_detail = ("try_again",)
    empty_list = "Nothing has been sent yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("request", "answer")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (queryset.filter(kind__in=Kind.values, record_id=number(term)) if term else queryset), False

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(RETRY_RIGHT)

    @admin.display(description="when")
    def when(self, log: SyncLog) -> SafeString:
        return show.moment(log.at)

    @admin.display(description="record")
    def record(self, log: SyncLog) -> SafeString:
        return words.record_link(log.kind, log.record_id)

    @admin.display(description="state")
    def how(self, log: SyncLog) -> SafeString:
        return words.state_pill(log.state)

    @admin.display(description="done")
    def done(self, log: SyncLog) -> str:
        return words.act(log)

    @admin.display(description="why")
    def why(self, log: SyncLog) -> str:
        return show.short(log.reason, 110) or show.DASH

    @admin.display(description="failures")
    def tries(self, log: SyncLog) -> SafeString | str:
        return show.pill(str(log.attempts), show.WARNING) if log.attempts else show.DASH

    @admin.display(description="next try")
    def again(self, log: SyncLog) -> SafeString:
        return show.moment(log.next_try_at)

    @admin.display(description="GoHighLevel")
    def there(self, log: SyncLog) -> SafeString:
        return words.ghl_link(log.kind, log.ghl_id, "open")

    def title_of(self, record: Any) -> str:
        return f"{record.kind} {record.record_id}: {words.act(record)}"

    def page(self, request: HttpRequest, record: SyncLog) -> Page:
        panels = [_facts(record), _tries(record), *_bodies(record), _history(record)]
        return Page(panels, (), words.state_pill(record.state))

    @confirmed("Try again", "retry", _retry_question, icon="replay")
    def try_again(self, request: HttpRequest, log: SyncLog) -> None:
        buttons.ask_retry(request, log.kind, [log], f"{log.kind} {log.record_id} again", ids=[log.record_id])

    @confirmed("Try all failed contacts again", "retry", retry_question(Kind.CONTACT, State.FAILED), icon="replay")
    def try_failed_contacts(self, request: HttpRequest, _: Any) -> None:
        _ask_failed(request, Kind.CONTACT)

    @confirmed("Try all failed opportunities again", "retry", retry_question(Kind.OPPORTUNITY, State.FAILED), icon="replay")
    def try_failed_opportunities(self, request: HttpRequest, _: Any) -> None:
        _ask_failed(request, Kind.OPPORTUNITY)

    @admin.action(description="Try the selected records again", permissions=["retry"])
    def try_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        logs = selected(request, SyncLog)
        many = f"{len(logs)} record{'' if len(logs) == 1 else 's'}"
        question = Question(f"Try {many} again?", buttons.retry_text(many), "Try again", buttons.stopped())
        asked = confirm_selected(self, request, "try_selected", question, [str(log.pk) for log in logs])
        if asked is None:
            for kind in Kind.values:
                mine = [log for log in logs if log.kind == kind]
                if ids := sorted({log.record_id for log in mine}):
                    buttons.ask_retry(request, kind, mine, f"{len(ids)} {words.PLURAL[Kind(kind)]} again", ids=ids)
        return asked


def _ask_failed(request: HttpRequest, kind: str) -> None:
    what = f"all {words.PLURAL[kind]} that failed, again"
    buttons.ask_retry(request, kind, buttons.everything(), what, state=State.FAILED)


def selected(request: HttpRequest, model: Any) -> list[Any]:
    """The ticked rows; never "all of them"."""
    ids = [number(pk) for pk in request.POST.getlist("_selected_action")]
    return list(model._default_manager.filter(pk__in=ids))


def _facts(log: SyncLog) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Record", words.record_link(log.kind, log.record_id)),
        ("At GoHighLevel", words.ghl_link(log.kind, log.ghl_id)),
        ("Done", words.act(log)),
        ("Why", show.some(log.reason)),
    ]
    return Facts(title="What became of it", rows=rows)


def _tries(log: SyncLog) -> Panel:
    run_id = log.run_id
    rows: list[tuple[str, Any]] = [
        ("When", show.moment(log.at)),
        ("Failures in a row", show.number(log.attempts)),
        ("Next try", show.moment(log.next_try_at)),
        ("Run", show.link(pages.page_of(SyncRun, run_id), f"run {run_id}") if run_id else show.NOTHING),
    ]
    return Facts(title="Tries", rows=rows)


def _bodies(log: SyncLog) -> list[Panel]:
    note = "Personal values are masked."
    return [
        Text(title=title, content=show.lines([show.pretty(body), show.quiet(note)]), wide=False)
        for title, body in (("Request", log.request), ("Answer", log.answer))
        if body is not None
    ]


def _history(log: SyncLog) -> Panel:
    return history(log.kind, log.record_id, besides=log.pk)


def history(kind: str, record_id: int, besides: int = 0) -> Panel:
    rows = SyncLog.objects.filter(kind=kind, record_id=record_id).exclude(pk=besides).defer("request", "answer").order_by("-id")
    found = list(rows[: HISTORY_SHOWN + 1])
    more = ("All of them", pages.list_of(SyncLog, of=f"{kind}:{record_id}")) if len(found) > HISTORY_SHOWN else None
    return Table(
        title="What else was done with it" if besides else "What was done with it",
        headers=("When", "State", "Done", "Why", ""), more=more, empty="Nothing.",
        rows=[(show.moment(log.at), words.state_pill(log.state), words.act(log), show.short(log.reason, 120) or show.NOTHING,
               pages.link_to(log, "details")) for log in found[:HISTORY_SHOWN]],
    )  # fmt: skip
