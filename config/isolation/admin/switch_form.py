"""The form that turns a switch: which, to what, why, and until when."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from config.isolation import switches
from config.isolation.manifest import SWITCHES
from config.isolation.models import SwitchChange

if TYPE_CHECKING:  # the theme ships no types
    from django.forms import Select, Textarea

    _ModelForm = forms.ModelForm[SwitchChange]
else:
    _ModelForm = forms.ModelForm
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldAdminTextareaWidget as Textarea

MORNING = 6
MODES = {
    switches.Mode.RUN: "run: as usual; what waited goes out",
    switches.Mode.HOLD: "hold: nothing leaves, it waits",
    switches.Mode.DRAIN: "drain: finish what has begun, begin nothing new",
    switches.Mode.DRY_RUN: "dry-run: work everything out, send nothing",
}
SPANS = {"": "somebody turns it again", "30": "30 minutes from now", "120": "2 hours from now", "480": "8 hours from now",
         "morning": f"the next morning, {MORNING}:00"}  # fmt: skip


class SwitchForm(_ModelForm):
    switch = forms.ChoiceField(choices=[(name, name) for name in SWITCHES], widget=Select)
    mode = forms.ChoiceField(label="Shall be at", choices=list(MODES.items()), widget=Select)
    why = forms.CharField(label="Because", widget=Textarea(attrs={"rows": 2}), required=False, max_length=500)
    span = forms.ChoiceField(label="Until", choices=list(SPANS.items()), required=False, widget=Select)

    class Meta:
        model = SwitchChange
        fields = ("switch", "mode", "why")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        switch = SWITCHES.get(values.get("switch", ""))
        if switch and switches.off_by_environment(switch):
            self.add_error("switch", f"{switch.setting} is false in the environment, and that is final.")
        if values.get("mode") != switches.Mode.RUN and not values.get("why", "").strip():
            self.add_error("why", "Say why: whoever finds the switch thrown at 6 in the morning will ask.")
        return values

    def until(self) -> datetime | None:
        """The moment at which the switch is at run again."""
        span = self.cleaned_data["span"]
        if not span:
            return None
        if span != "morning":
            return timezone.now() + timedelta(minutes=int(span))
        morning = timezone.localtime().replace(hour=MORNING, minute=0, second=0, microsecond=0)
        return morning if morning > timezone.now() else morning + timedelta(days=1)
