"""What people did, and who logged in or tried to."""

from typing import Any

import axes.admin  # noqa: F401 - registers its own pages: then these can replace them
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from axes.utils import reset
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import pages, show
from config.backoffice.asking import Question, confirmed
from config.backoffice.base import ReadOnlyAdmin
from config.backoffice.filters import choice, days, of
from config.backoffice.panels import Facts, Page

for model in (AccessAttempt, AccessFailureLog, AccessLog):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

KINDS = {1: "added", 2: "changed", 3: "deleted"}


def _between(rows: QuerySet[Any], start: Any, end: Any) -> QuerySet[Any]:
    rows = rows.filter(action_time__gte=start) if start else rows
    return rows.filter(action_time__lt=end) if end else rows


def _about(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    """`chosen` is "app.model:id"."""
    kind, _, object_id = chosen.partition(":")
    app, _, model = kind.partition(".")
    return rows.filter(content_type__app_label=app, content_type__model=model, object_id=object_id)


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Nobody can change what is written here."""

    list_display = ("when", "user", "kind", "about", "what")
    list_select_related = ("user", "content_type")
    list_display_links = None
    list_filter = (
        choice("user", "Person", lambda: [(str(u.pk), u.get_username()) for u in User.objects.order_by("username")[:200]]),
        days("Days", _between),
        of("about", "About", _about, lambda chosen: chosen.partition(".")[2].replace(":", " ")),
    )
    ordering = ("-action_time", "-id")
    empty_list = "Nobody has changed or asked for anything yet."

    @admin.display(description="when")
    def when(self, entry: LogEntry) -> SafeString:
        return show.moment(entry.action_time)

    @admin.display(description="kind")
    def kind(self, entry: LogEntry) -> str:
        return KINDS.get(entry.action_flag, "")

    @admin.display(description="about")
    def about(self, entry: LogEntry) -> SafeString | str:
        url = None if entry.is_deletion() else entry.get_admin_url()
        text = f"{entry.content_type.name if entry.content_type else 'record'} {entry.object_repr}"
        return show.link(url, text) if url else text

    @admin.display(description="what")
    def what(self, entry: LogEntry) -> str:
        return entry.get_change_message()

    def page(self, request: HttpRequest, record: LogEntry) -> Page:
        rows = [
            ("When", self.when(record)), ("Who", record.user), ("Kind", self.kind(record)),
            ("About", self.about(record)), ("What", self.what(record)),
        ]  # fmt: skip
        return Page([Facts(title="Entry", rows=rows)])


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    list_display = ("username", "ip_address", "failures", "when", "user_agent")
    ordering = ("-attempt_time",)
    actions_detail = ("unlock",)
    empty_list = "No wrong password since the last successful login of everybody."

    def has_unlock_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")

    def title_of(self, record: Any) -> str:
        return f"Wrong passwords of {record.username or 'nobody'}"

    @admin.display(description="last try")
    def when(self, attempt: AccessAttempt) -> SafeString:
        return show.moment(attempt.attempt_time)

    @admin.display(description="wrong passwords")
    def failures(self, attempt: AccessAttempt) -> SafeString:
        locked = attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT
        count = str(attempt.failures_since_start)
        return show.pill(f"{count}: locked", show.BAD) if locked else show.pill(count, show.PLAIN)

    def page(self, request: HttpRequest, record: AccessAttempt) -> Page:
        rows = [
            ("Name tried", record.username), ("From", show.copyable(record.ip_address)),
            ("Wrong passwords", self.failures(record)), ("Last try", self.when(record)), ("Browser", record.user_agent),
        ]  # fmt: skip
        return Page([Facts(title="Login attempts", rows=rows, wide=True)])

    @confirmed(
        "Unlock", "unlock", icon="lock_open",
        question=lambda admin, attempt: Question(
            "Unlock this login?",
            f"“{attempt.username}” may try again from {attempt.ip_address} at once, instead of waiting for the pause to end.",
            "Unlock",
        ),
    )  # fmt: skip
    def unlock(self, request: HttpRequest, attempt: AccessAttempt) -> str:
        user: Any = request.user
        LogEntry.objects.log_actions(user.pk, [attempt], CHANGE, "Unlocked")
        reset(ip=attempt.ip_address, username=attempt.username)
        self.message_user(request, f"“{attempt.username}” may log in again from {attempt.ip_address}.")
        return pages.list_of(AccessAttempt)


@admin.register(AccessLog)
class AccessLogAdmin(ReadOnlyAdmin):
    list_display = ("username", "ip_address", "came", "left", "user_agent")
    list_display_links = None
    ordering = ("-attempt_time",)
    empty_list = "Nobody has logged in yet."

    @admin.display(description="logged in")
    def came(self, entry: AccessLog) -> SafeString:
        return show.moment(entry.attempt_time)

    @admin.display(description="logged out")
    def left(self, entry: AccessLog) -> SafeString:
        return show.moment(entry.logout_time)

    def page(self, request: HttpRequest, record: AccessLog) -> Page:
        return Page([Facts(title="Login", rows=[("Who", record.username), ("When", self.came(record))])])
