"""Every message: from the wish of a workflow to its end, and which rule held or dropped it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from automation.admin import words as workflow_words
from automation.admin.messaging import words
from automation.messaging.models import Answer, Message, Template
from automation.workflows.models import Trace
from config.backoffice import pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice, of, recent_choice
from config.backoffice.panels import Banner, Facts, Page, Panel, Table, Text
from config.backoffice.positions import LOG_WINDOW

State = Message.State
MOST_FOUND = 500


def _templates() -> list[tuple[str, str]]:
    return [(name, title or name) for name, title in Template.objects.order_by("name").values_list("name", "title")]


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("called", "condition", "recipient", "about", "why", "wanted", "due")
    list_filter = (
        choice("state", "State", words.STATE_CHOICES),
        recent_choice("kind", "Kind", words.choices(Template.Kind), rows=LOG_WINDOW),
        recent_choice("template", "Template", _templates, rows=LOG_WINDOW),
        of("customer", "Customer", lambda rows, chosen: rows.filter(customer_id=workflow_words.number(chosen))),
    )
    ordering = ("-id",)
    search_fields = ("address",)
    search_help_text = "a phone number as +16025550123, an e-mail address, or a customer's id"
    empty_list = "No message yet: no workflow has wanted one."

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By an index each, and nothing else."""
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        which = {"customer_id": int(term)} if term.isdigit() and len(term) < 19 else {"address": term}
        found = Message.objects.filter(**which).order_by("-pk").values_list("pk", flat=True)[:MOST_FOUND]
        return queryset.filter(pk__in=list(found)), False

    def one(self) -> QuerySet[Any]:
        return Message.objects.select_related("run__workflow", "run__event", "version__template")

    def title_of(self, record: Any) -> str:
        return f"Message {record.pk}: {record.template}"

    @admin.display(description="message")
    def called(self, message: Message) -> SafeString:
        return show.lines([message.template, show.quiet(f"{message.kind} {message.pk}")])

    @admin.display(description="state")
    def condition(self, message: Message) -> SafeString:
        return words.state_pill(message.state)

    @admin.display(description="to")
    def recipient(self, message: Message) -> SafeString:
        return show.lines([message.address or show.DASH, workflow_words.customer_link(message.customer_id)])

    @admin.display(description="about")
    def about(self, message: Message) -> SafeString | str:
        return workflow_words.record_link(message.entity, message.entity_id)

    @admin.display(description="why")
    def why(self, message: Message) -> str:
        waiting = message.state == State.WAITING
        return show.short((message.held_by if waiting else message.reason) or "", 110) or show.DASH

    @admin.display(description="wanted")
    def wanted(self, message: Message) -> SafeString:
        return show.moment(message.wanted_at)

    @admin.display(description="looked at next, or sent")
    def due(self, message: Message) -> SafeString:
        return show.moment(message.due_at or message.sent_at)

    def page(self, request: HttpRequest, record: Any) -> Page:
        panels: list[Panel] = [_what(record), _fate(record)]
        if record.body:
            panels.append(Text(title="Text", content=words.text(f"{record.subject}\n\n{record.body}".strip())))
        panels += [_decisions(record), *_answers(record)]
        return Page(panels, _banners(record), words.state_pill(record.state))


def _banners(message: Message) -> list[Banner]:
    if message.state == State.UNKNOWN:
        return [Banner(message.reason, show.BAD)]
    return [Banner(message.held_by)] if message.state == State.WAITING and message.held_by else []


def _what(message: Any) -> Panel:
    version = message.version
    made_of = pages.link_to(version.template, f"{message.template}, version {version.number}") if version else message.template
    rows: list[tuple[str, Any]] = [
        ("Kind", message.get_kind_display()),
        ("Purpose", message.get_purpose_display()),
        ("Template", made_of),
        ("Customer", workflow_words.customer_link(message.customer_id)),
        ("About", workflow_words.record_link(message.entity, message.entity_id)),
        ("Workflow", pages.link_to(message.run.workflow) if message.run else show.NOTHING),
        ("Run", workflow_words.run_link(message.run_id)),
        ("Correlation id", show.copyable(message.run.event.correlation_id) if message.run else show.NOTHING),
        ("Priority", message.priority),
    ]
    return Facts(title="What", rows=rows)


def _fate(message: Message) -> Panel:
    rows: list[tuple[str, Any]] = [
        ("Wanted", show.moment(message.wanted_at)), ("Expires", show.moment(message.expires_at)),
        ("Looked at next", show.moment(message.due_at)), ("Held by", show.some(message.held_by)),
        ("Why", show.some(message.reason)), ("To", show.some(message.address)),
        ("Really went to", show.some(message.redirected_to)), ("Tries", message.attempts),
        ("With the provider", show.moment(message.sent_at)), ("Settled", show.moment(message.settled_at)),
        ("Provider", show.some(message.provider)), ("Its number there", show.copyable(message.provider_id)),
        ("Error", show.some(message.error_code)), ("Parts", show.number(message.segments)),
        ("Cost", show.some(message.cost)), ("Claim", show.number(message.claim)), ("Epoch", show.number(message.epoch)),
    ]  # fmt: skip
    return Facts(title="What became of it", rows=rows)


def _decisions(message: Message) -> Panel:
    found = Trace.objects.filter(entity=message.entity, entity_id=message.entity_id, data__message=message.pk)
    rows = [(show.moment(one.at), workflow_words.what_pill(one.what), one.why) for one in found.order_by("id")[:100]]
    return Table(title="Decisions", headers=("When", "What", "Why"), rows=rows, empty="None yet.")


def _answers(message: Message) -> list[Panel]:
    which = {"message_key": message.key} if not message.provider_id else {"provider_id": message.provider_id}
    found = Answer.objects.filter(**which, received_at__gte=message.wanted_at).order_by("id")[:50]
    rows = [(show.moment(one.received_at), one.state or one.kind, one.error_code or show.NOTHING) for one in found]
    return [Table(title="What the provider told", headers=("When", "What", "Error"), rows=rows)] if rows else []
