"""Schedules, locked down: people say whether and when, never what."""

from typing import Any

import django_celery_beat.admin  # noqa: F401 - registers its own pages: then these can replace them
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from config.backoffice import navigation, show
from config.backoffice.asking import Question, ask, confirmed
from config.backoffice.base import HubAdmin
from config.backoffice.navigation import Entry
from config.backoffice.schedule_form import ScheduleForm
from config.backoffice.timetable import arguments_of, known_tasks, next_run, rhythm

# Intervals and times are shared rows: changed there, several schedules would change at once. The form below does it.
for model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

navigation.register("Schedules", Entry("Schedules", "schedule", PeriodicTask))


def _run_question(_: Any, task: PeriodicTask) -> Question:
    nothing = "" if _is_ours(task) else "This is none of the hub's tasks, so it cannot be run from here."
    text = f"Sends “{task.task}” with {_arguments_text(task)} to its worker, now and once. The schedule stays as it is."
    return Question(f"Run “{task.name}” now?", text, "Run now", nothing)


def _is_ours(task: PeriodicTask) -> bool:
    return task.task in known_tasks() and arguments_of(task) is not None


def _arguments_text(task: PeriodicTask) -> str:
    found = arguments_of(task)
    if found is None:
        return "arguments that cannot be read"
    return ", ".join(f"{name} = {value}" for name, value in found.items()) or "no arguments"


@admin.register(PeriodicTask)
class ScheduleAdmin(HubAdmin):
    form = ScheduleForm
    list_display = ("called", "on", "when", "next", "last", "task")
    list_select_related = ("interval", "crontab")
    ordering = ("name",)
    actions = None
    actions_detail = ("run_now",)
    readonly_fields = ("called", "explained", "runs", "next")
    fieldsets = (
        (None, {"fields": ("called", "explained", "runs", "next", "enabled")}),
        ("When", {"fields": ("how", "every", "period", "hour", "minute", "day_of_week", "day_of_month")}),
    )
    conditional_fields = {
        **dict.fromkeys(("every", "period"), "how == 'every'"),
        **dict.fromkeys(("hour", "minute", "day_of_week", "day_of_month"), "how == 'at'"),
    }
    empty_list = "No schedule yet: the scheduler makes the usual ones when it starts (manage.py scheduler)."

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_run_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)

    def find(self, object_id: str) -> PeriodicTask | None:
        return PeriodicTask.objects.filter(pk=object_id).first() if object_id.isdecimal() else None

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.has_change_permission(request, obj):
            return self.fieldsets
        return ((None, {"fields": ("called", "explained", "runs", "when", "next", "on")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, "when", "on")

    def title_of(self, record: Any) -> str:
        return str(record.name)

    @admin.display(description="name")
    def called(self, task: PeriodicTask) -> str:
        return str(task.name)

    @admin.display(description="switched")
    def on(self, task: PeriodicTask) -> SafeString:
        return show.pill("on", show.GOOD) if task.enabled else show.pill("off", show.WARNING)

    @admin.display(description="runs")
    def when(self, task: PeriodicTask) -> str:
        return rhythm(task)

    @admin.display(description="next")
    def next(self, task: PeriodicTask) -> SafeString | str:
        found = next_run(task)
        return show.pill(found.words, show.BAD) if found.overdue else found.words

    @admin.display(description="last sent")
    def last(self, task: PeriodicTask) -> SafeString:
        return show.moment(task.last_run_at)

    @admin.display(description="what it does")
    def explained(self, task: PeriodicTask) -> str:
        return task.description or show.DASH

    @admin.display(description="task")
    def runs(self, task: PeriodicTask) -> str:
        return f"{task.task} with {_arguments_text(task)}"

    @confirmed("Run now", "run", _run_question, icon="play_arrow")
    def run_now(self, request: HttpRequest, task: PeriodicTask) -> None:
        arguments = arguments_of(task) or {}
        ask(request, task.task, [task], f"“{task.name}”, now", **arguments)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        """The log says what the schedule is now, not only that a field called "how" changed."""
        state = "on" if obj.enabled else "off"
        return super().log_change(request, obj, f"{obj.name}: {state}, {rhythm(obj)}")
