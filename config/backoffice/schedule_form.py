"""The form of a schedule: on or off, and when. What runs, and with which arguments, is not a person's to write."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from config.backoffice.timetable import known_tasks

if TYPE_CHECKING:  # the theme ships no types
    from django.forms import CheckboxInput, NumberInput, Select, TextInput

    _ModelForm = forms.ModelForm[PeriodicTask]
else:
    _ModelForm = forms.ModelForm
    from unfold.widgets import UnfoldAdminIntegerFieldWidget as NumberInput
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput
    from unfold.widgets import UnfoldBooleanSwitchWidget as CheckboxInput

EVERY, AT = "every", "at"
LEAST_S = 30  # more often than a run takes helps nobody
_SIZES = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_TAB = ("minute", "hour", "day_of_week", "day_of_month")


class ScheduleForm(_ModelForm):
    enabled = forms.BooleanField(label="Switched on", required=False, widget=CheckboxInput)
    how = forms.ChoiceField(
        label="Runs", choices=[(EVERY, "every so often"), (AT, "at set times")], widget=Select,
    )  # fmt: skip
    every = forms.IntegerField(label="Every", min_value=1, max_value=10_000, required=False, widget=NumberInput)
    period = forms.ChoiceField(label="Unit", choices=[(name, name) for name in _SIZES], required=False, widget=Select)
    hour = forms.CharField(label="Hour", required=False, widget=TextInput, help_text="0 to 23; 8,20 for two, */4 each fourth.")
    minute = forms.CharField(label="Minute", required=False, widget=TextInput, help_text="0 to 59; 0,30 for two.")
    day_of_week = forms.CharField(
        label="Days of the week", required=False, widget=TextInput, help_text="* for all; 0 is Sunday, 1-5 Monday to Friday."
    )
    day_of_month = forms.CharField(
        label="Days of the month", required=False, widget=TextInput, help_text="* for all; 1,15 for two."
    )

    class Meta:
        model = PeriodicTask
        fields = ("enabled",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "how" in self.fields:  # not for a person who may only look
            self._show(self.instance)

    def _show(self, task: PeriodicTask) -> None:
        given: dict[str, Any] = {"how": AT if task.crontab else EVERY}
        if task.interval:
            given["every"], given["period"] = _whole(task.interval.schedule.run_every.total_seconds())
        tab = task.crontab or CrontabSchedule(minute="0", hour="3")
        given |= {name: getattr(tab, name) for name in _TAB}
        for name, value in given.items():
            self.fields[name].initial = value

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("enabled") and self.instance.task not in known_tasks():
            self.add_error("enabled", "This is none of the hub's tasks: it can only be switched off.")
        if data.get("how") == EVERY:
            self._clean_every(data)
        else:
            self._clean_times(data)
        return data

    def _clean_every(self, data: dict[str, Any]) -> None:
        if not data.get("every"):
            self.add_error("every", "How often?")
        elif data["every"] * _SIZES[data["period"]] < LEAST_S:
            self.add_error("every", f"Not more often than every {LEAST_S} seconds.")

    def _clean_times(self, data: dict[str, Any]) -> None:
        tab = CrontabSchedule(**{name: data.get(name) or "*" for name in _TAB}, timezone=settings.TIME_ZONE)
        try:
            tab.clean_fields(exclude=["month_of_year", "timezone", "id"])
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                self.add_error(name, messages)
        if data.get("minute") in (None, "", "*"):
            self.add_error("minute", "Name the minute: * would be every minute.")

    def save(self, commit: bool = True) -> PeriodicTask:
        """Rows of intervals and times are shared by schedules: one that fits is taken or made, none is changed."""
        data, task = self.cleaned_data, self.instance
        if data["how"] == EVERY:
            task.crontab = None
            task.interval, _ = IntervalSchedule.objects.get_or_create(every=data["every"], period=data["period"])
        else:
            task.interval = None
            times = {name: data[name] or "*" for name in _TAB}
            task.crontab, _ = CrontabSchedule.objects.get_or_create(
                **times, month_of_year="*", timezone=settings.TIME_ZONE
            )
        return super().save(commit)


def _whole(seconds: float) -> tuple[int, str]:
    """(120) → (2, "minutes")."""
    unit, size = next(((u, s) for u, s in reversed(_SIZES.items()) if seconds % s == 0), ("seconds", 1))
    return int(seconds // size), unit
