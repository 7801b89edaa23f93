"""Every call of a unit to its vendor: what was asked and what came back. A unit registers the page with its model."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import show
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import days, recent_choice
from config.backoffice.panels import Facts, Page
from config.backoffice.positions import LOG_WINDOW, within
from config.isolation.egress.records import ApiCall

SLACK = timedelta(minutes=15)  # written in bundles, and numbered when the call is over
OUTCOMES = (
    ("2", "answered well"), ("3", "sent elsewhere (3xx)"), ("4", "refused by the vendor (4xx)"), ("5", "vendor in trouble (5xx)"),
    ("none", "no answer"), ("fence", "stopped by our fence"),
)  # fmt: skip


def _by_outcome(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    if chosen == "fence":
        return rows.filter(error="refused")
    if chosen == "none":
        return rows.filter(status=None).exclude(error="refused")
    return rows.filter(Q(status__gte=int(chosen) * 100) & Q(status__lt=int(chosen) * 100 + 100))


class CallAdmin(ReadOnlyAdmin):
    """Subclasses set `apis`: what each of the unit's addresses is for, by the name of its setting."""

    apis: Mapping[str, str]
    list_display = ("when", "target", "call", "answer", "took", "size", "tries")
    list_display_links = None
    ordering = ("-id",)
    empty_list = "No call yet, or none that is still kept (HUB_CALLS_DAYS)."

    def get_list_filter(self, request: HttpRequest | None) -> Any:
        names = list(self.apis.items())
        which = [recent_choice("api", "API", names, rows=LOG_WINDOW)] if len(names) > 1 else []
        outcome = recent_choice("outcome", "Answer", OUTCOMES, narrow=_by_outcome, rows=LOG_WINDOW)
        return [*which, outcome, days("Days", within("at", slack=SLACK))]

    def title_of(self, record: Any) -> str:
        return f"Call {record.pk}"

    @admin.display(description="when")
    def when(self, call: ApiCall) -> SafeString:
        return show.moment(call.at)

    @admin.display(description="API")
    def target(self, call: ApiCall) -> str:
        return self.apis.get(call.api, show.DASH)

    @admin.display(description="call")
    def call(self, call: ApiCall) -> SafeString:
        return show.code(f"{call.method} {call.path}")

    @admin.display(description="answer")
    def answer(self, call: ApiCall) -> SafeString:
        if call.status is None:
            return show.pill("stopped here" if call.error == "refused" else call.error, show.BAD)
        return show.pill(str(call.status), show.GOOD if call.status < 300 else show.WARNING if call.status < 500 else show.BAD)

    @admin.display(description="took")
    def took(self, call: ApiCall) -> str:
        return show.duration(call.milliseconds / 1000) if call.milliseconds >= 1000 else f"{call.milliseconds} ms"

    @admin.display(description="received")
    def size(self, call: ApiCall) -> str:
        return show.size(call.bytes) if call.bytes else show.DASH

    @admin.display(description="try")
    def tries(self, call: ApiCall) -> SafeString | str:
        return show.pill(str(call.attempt), show.WARNING) if call.attempt > 1 else str(call.attempt)

    def page(self, request: HttpRequest, record: ApiCall) -> Page:
        rows = [
            ("When", self.when(record)), ("API", record.api or show.DASH), ("Call", self.call(record)),
            ("Answer", self.answer(record)), ("Took", self.took(record)), ("Received", self.size(record)),
            ("Try", self.tries(record)),
        ]  # fmt: skip
        return Page([Facts(title="Call", rows=rows)])
