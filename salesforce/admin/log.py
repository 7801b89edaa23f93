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
from salesforce.admin import buttons, words
from salesforce.admin.buttons import RETRY_RIGHT
from salesforce.models import SyncLog, SyncRun

HISTORY_SHOWN = 20


def number(text: str) -> int:
    """An id out of an address; -1, which no record has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _retry_question(_: Any, log: SyncLog) -> Question:
    what = f"the {log.sobject.lower()} of customer {log.st_customer_id}"
    return Question(f"Try {what} again?", buttons.retry_text(what), "Try again", buttons.stopped())


@admin.register(SyncLog)
class SyncLogAdmin(ReadOnlyAdmin):
    list_display = ("when", "record", "how", "done", "why", "tries", "again", "there")
    list_display_links = ("when",)
    list_filter = (
        choice("state", "State", words.LOG_CHOICES),
        recent_choice("sobject", "Object", [(name, name) for name in words.MODELS], rows=LOG_WINDOW),
        recent_choice("api", "Sent by", choices(SyncLog.Api), rows=LOG_WINDOW),
        of("run", "Run", lambda rows, chosen: rows.filter(run=number(chosen))),
        of("job", "Bulk job", lambda rows, chosen: rows.filter(job=number(chosen))),
        of("of", "Customer", lambda rows, chosen: rows.filter(sobject__in=tuple(words.MODELS), st_customer_id=number(chosen))),
    )
    ordering = ("-id",)
    search_fields = ("st_customer_id",)
    search_help_text = "a customer's id"
    actions = ("try_selected",)
    actions_detail = ("try_again",)
    empty_list = "Nothing has been sent yet."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("request", "answer")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        found = queryset.filter(sobject__in=tuple(words.MODELS), st_customer_id=number(term))
        return (found if term else queryset), False

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(RETRY_RIGHT)

    @admin.display(description="when")
    def when(self, log: SyncLog) -> SafeString:
        return show.moment(log.at)

    @admin.display(description="record")
    def record(self, log: SyncLog) -> SafeString:
        return words.record_link(log.sobject, log.st_customer_id)

    @admin.display(description="state")
    def how(self, log: SyncLog) -> SafeString:
        return words.log_pill(log.state)

    @admin.display(description="done")
    def done(self, log: SyncLog) -> str:
        return words.ACTS[SyncLog.Act(log.act)]

    @admin.display(description="why")
    def why(self, log: SyncLog) -> str:
        return show.short(log.reason or "; ".join(log.notes), 110) or show.DASH

    @admin.display(description="failures")
    def tries(self, log: SyncLog) -> SafeString | str:
        return show.pill(str(log.attempts), show.WARNING) if log.attempts else show.DASH

    @admin.display(description="next try")
    def again(self, log: SyncLog) -> SafeString:
        return show.moment(log.next_try_at)

    @admin.display(description="Salesforce")
    def there(self, log: SyncLog) -> SafeString:
        return words.sf_link(log.sf_id, "open")

    def title_of(self, record: Any) -> str:
        return f"{record.sobject} of customer {record.st_customer_id}: {words.ACTS[SyncLog.Act(record.act)]}"

    def page(self, request: HttpRequest, record: SyncLog) -> Page:
        panels = [_facts(record), _tries(record), *_bodies(record), history(record.st_customer_id, besides=record.pk)]
        return Page(panels, (), words.log_pill(record.state))

    @confirmed("Try again", "retry", _retry_question, icon="replay")
    def try_again(self, request: HttpRequest, log: SyncLog) -> None:
        what = f"{log.sobject} of customer {log.st_customer_id} again"
        buttons.ask_retry(request, log.sobject, [log], what, ids=[log.st_customer_id])

    @admin.action(description="Try the selected records again", permissions=["retry"])
    def try_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        logs = selected(request, SyncLog)
        many = f"{len(logs)} record{'' if len(logs) == 1 else 's'}"
        question = Question(f"Try {many} again?", buttons.retry_text(many), "Try again", buttons.stopped())
        asked = confirm_selected(self, request, "try_selected", question, [str(log.pk) for log in logs])
        if asked is None:
            for sobject in words.MODELS:
                mine = [log for log in logs if log.sobject == sobject]
                if ids := sorted({log.st_customer_id for log in mine}):
                    buttons.ask_retry(request, sobject, mine, f"{len(ids)} of {sobject} again", ids=ids)
        return asked


def selected(request: HttpRequest, model: Any) -> list[Any]:
    """The ticked rows; never "all of them"."""
    ids = [number(pk) for pk in request.POST.getlist("_selected_action")]
    return list(model._default_manager.filter(pk__in=ids))


def _facts(log: SyncLog) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Record", words.record_link(log.sobject, log.st_customer_id)),
        ("Customer", words.customer_link(log.st_customer_id)),
        ("In Salesforce", words.sf_link(log.sf_id)),
        ("Done", words.ACTS[SyncLog.Act(log.act)]),
        ("Salesforce's word", show.some(log.code)),
        ("Why", show.some(log.reason)),
        ("Fields it is about", ", ".join(log.fields) or show.NOTHING),
        ("Cut or left out", show.lines([show.plain(note) for note in log.notes]) if log.notes else show.NOTHING),
    ]
    return Facts(title="What became of it", rows=rows)


def _tries(log: SyncLog) -> Panel:
    run_id = log.run_id
    rows: list[tuple[str, Any]] = [
        ("When", show.moment(log.at)),
        ("Sent by", str(SyncLog.Api(log.api).label).lower()),
        ("Failures in a row", show.number(log.attempts)),
        ("Next try", show.moment(log.next_try_at)),
        ("Run", show.link(pages.page_of(SyncRun, run_id), f"run {run_id}") if run_id else show.NOTHING),
        ("Fingerprint", show.copyable(log.payload_hash[:16])),
    ]
    return Facts(title="Tries", rows=rows)


def _bodies(log: SyncLog) -> list[Panel]:
    note = "Personal values are masked."
    return [
        Text(title=title, content=show.lines([show.pretty(body), show.quiet(note)]), wide=False)
        for title, body in (("Request", log.request), ("Answer", log.answer))
        if body is not None
    ]


def history(customer_id: int, besides: int = 0) -> Panel:
    rows = SyncLog.objects.filter(sobject__in=tuple(words.MODELS), st_customer_id=customer_id).exclude(pk=besides)
    found = list(rows.defer("request", "answer").order_by("-id")[: HISTORY_SHOWN + 1])
    more = ("All of them", pages.list_of(SyncLog, of=customer_id)) if len(found) > HISTORY_SHOWN else None
    cells = [
        (show.moment(log.at), log.sobject, words.log_pill(log.state), words.ACTS[SyncLog.Act(log.act)],
         show.short(log.reason, 120) or show.NOTHING, pages.link_to(log, "details"))
        for log in found[:HISTORY_SHOWN]
    ]  # fmt: skip
    title = "What else was done with the customer" if besides else "What was done with the customer"
    return Table(title=title, headers=("When", "Object", "State", "Done", "Why", ""), rows=cells, more=more, empty="Nothing.")
