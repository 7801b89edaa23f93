"""The form of a stage rule: pipelines and stages are picked from those GoHighLevel has, never typed."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError

from integrations.admin import places
from integrations.models import StageRule
from servicetitan.models import BusinessUnit

if TYPE_CHECKING:  # the theme ships no types
    from django.forms import CheckboxInput, NumberInput, Select

    _ModelForm = forms.ModelForm[StageRule]
else:
    _ModelForm = forms.ModelForm
    from unfold.widgets import UnfoldAdminIntegerFieldWidget as NumberInput
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldBooleanSwitchWidget as CheckboxInput

Happened, Status = StageRule.Happened, StageRule.Status
HAPPENED = {
    Happened.APPOINTMENT_SCHEDULED: "A visit is ahead, nothing is decided",
    Happened.PROPOSAL_SENT: "The estimate is with the customer",
    Happened.FOLLOW_UP: "No decision for some days",
    Happened.LOST: "The estimate was dismissed",
    Happened.SOLD: "The estimate was sold",
    Happened.INSTALL_SCHEDULED: "The installation has an appointment",
    Happened.INSTALL_COMPLETED: "The installation is done",
}
ANY = "any business unit"
GONE = "not there any more"
LONGEST_DAYS = 365


def units() -> list[tuple[str, str]]:
    names = BusinessUnit.objects.order_by("name").values_list("pk", "name")
    return [(str(pk), name or f"business unit {pk}") for pk, name in names]


class RuleForm(_ModelForm):
    happened = forms.ChoiceField(label="When this happens in ServiceTitan", choices=list(HAPPENED.items()), widget=Select)
    business_unit = forms.TypedChoiceField(
        label="For estimates of", required=False, coerce=int, empty_value=None, widget=Select,
        help_text="A rule for one business unit goes before the rule for any.",
    )  # fmt: skip
    place = forms.ChoiceField(
        label="The card goes to", widget=Select, help_text="Pipelines and stages as GoHighLevel has them; read every 10 minutes.",
    )  # fmt: skip
    status = forms.ChoiceField(label="With the status", choices=Status.choices, widget=Select)
    lost_reason = forms.ChoiceField(
        label="Lost reason", required=False, widget=Select, help_text="Only with the status “Lost”."
    )
    after_days = forms.IntegerField(
        label="After how many days", min_value=1, max_value=LONGEST_DAYS, initial=3, widget=NumberInput,
        help_text="Without a decision. Only for “No decision for some days”.",
    )  # fmt: skip
    over_human = forms.BooleanField(
        label="Also where a person moved the card", required=False, widget=CheckboxInput,
        help_text="Off: a card that somebody moved in GoHighLevel stays where they put it.",
    )  # fmt: skip

    class Meta:
        model = StageRule
        fields = ("happened", "status", "after_days", "over_human")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "place" not in self.fields:  # not for a person who may only look
            return
        self.known, rule = places.read(), self.instance
        self._offer("business_unit", [("", ANY), *units()], str(rule.business_unit_id or ""))
        stages: list[Any] = [("", "choose a stage"), *self.known.grouped()]
        self._offer("place", stages, f"{rule.pipeline_id} {rule.stage_id}" if rule.stage_id else "")
        self._offer("lost_reason", [("", "none"), *self.known.reasons.items()], rule.lost_reason_id)

    def _offer(self, name: str, choices: list[Any], chosen: str) -> None:
        field: Any = self.fields[name]
        offered = {key for key, label in choices if isinstance(label, str)}
        offered |= {key for _, label in choices if not isinstance(label, str) for key, _ in label}
        if chosen and chosen not in offered:  # shown as what it is; saving it is refused
            choices = [*choices, (chosen, f"{chosen}: {GONE}")]
        field.choices, field.initial = choices, chosen

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        pipeline, _, stage = (data.get("place") or "").partition(" ")
        if stage and (pipeline, stage) not in self.known.stages:
            self.add_error("place", "GoHighLevel does not have this stage any more: choose another one.")
        reason = data.get("lost_reason")
        if reason and data.get("status") != Status.LOST:
            self.add_error("lost_reason", "A lost reason goes only with the status “Lost”: choose that, or no reason.")
        elif reason and reason not in self.known.reasons:
            self.add_error("lost_reason", "GoHighLevel does not have this reason any more: choose another one.")
        self._once(data)
        return data

    def _once(self, data: dict[str, Any]) -> None:
        happened, unit = data.get("happened"), data.get("business_unit")
        others = StageRule.objects.filter(happened=happened, business_unit_id=unit).exclude(pk=self.instance.pk)
        if happened and others.exists():
            raise ValidationError("There is a rule for this and the same business unit already: change that one instead.")

    def save(self, commit: bool = True) -> StageRule:
        """What a person has chosen is no suggestion any more."""
        rule, data = self.instance, self.cleaned_data
        rule.pipeline_id, _, rule.stage_id = data["place"].partition(" ")
        rule.business_unit_id, rule.lost_reason_id = data["business_unit"], data["lost_reason"]
        rule.suggested = False
        return super().save(commit)
