"""What came in: replies of people first of all, and what the provider told."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from automation.admin.messaging import words
from automation.messaging.models import Answer, Message
from config.backoffice import pages, show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import recent_choice
from config.backoffice.panels import Facts, Page, Panel, Text
from config.backoffice.positions import LOG_WINDOW

MEANINGS = tuple((word, word) for word in ("reply", "stop", "start", "help"))


@admin.register(Answer)
class AnswerAdmin(ReadOnlyAdmin):
    list_display = ("called", "sender", "meant", "wrote", "received", "handled")
    list_filter = (
        recent_choice("kind", "Kind", words.choices(Answer.Kind), rows=LOG_WINDOW, default=Answer.Kind.INBOUND.value),
        recent_choice("meaning", "Meaning", MEANINGS, rows=LOG_WINDOW),
    )
    ordering = ("-id",)
    search_fields = ("address",)
    search_help_text = "a phone number as +16025550123, or an e-mail address"
    empty_list = "Nobody has answered yet. Is the webhook entered at the provider?"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip().lower()
        return (queryset.filter(address=term) if term else queryset), False

    def title_of(self, record: Any) -> str:
        return f"Answer {record.pk}"

    @admin.display(description="answer")
    def called(self, answer: Answer) -> str:
        return f"{answer.get_kind_display()} {answer.pk}"

    @admin.display(description="from")
    def sender(self, answer: Answer) -> str:
        return answer.address or show.DASH

    @admin.display(description="meaning")
    def meant(self, answer: Answer) -> SafeString:
        tone = {"stop": show.BAD, "start": show.GOOD, "reply": show.INFO}.get(answer.meaning, show.PLAIN)
        return show.pill(answer.meaning, tone) if answer.meaning else show.NOTHING

    @admin.display(description="what they wrote")
    def wrote(self, answer: Answer) -> str:
        return show.short(answer.text or answer.state, 110) or show.DASH

    @admin.display(description="received")
    def received(self, answer: Answer) -> SafeString:
        return show.moment(answer.received_at)

    @admin.display(description="looked at")
    def handled(self, answer: Answer) -> SafeString:
        return show.moment(answer.handled_at)

    def page(self, request: HttpRequest, record: Any) -> Page:
        last = Message.objects.filter(address=record.address, claimed_at__lte=record.received_at).order_by("-claimed_at").first()
        rows: list[tuple[str, Any]] = [
            ("Kind", record.get_kind_display()), ("From", show.some(record.address)), ("Meaning", show.some(record.meaning)),
            ("State", show.some(record.state)), ("Error", show.some(record.error_code)),
            ("Received", show.moment(record.received_at)), ("Looked at", show.moment(record.handled_at)),
            ("Provider's number", show.copyable(record.provider_id)),
            ("The message before it", pages.link_to(last) if last and record.address else show.NOTHING),
        ]  # fmt: skip
        panels: list[Panel] = [Facts(title="What came in", rows=rows)]
        if record.text:
            panels.append(Text(title="What they wrote", content=words.text(record.text)))
        return Page(panels)
