"""The form of a stage rule: pipelines, stages and reasons are picked from what the sub-account has."""

from typing import TYPE_CHECKING, Any

from django import forms

from integrations.ghl.models import Account, StageRule
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
UNKNOWN = "The sub-account was not read yet: run “Send now”, or manage.py sync_ghl, once."


class StageRuleForm(_ModelForm):
    happened = forms.ChoiceField(label="When this happened", choices=Happened.choices, widget=Select)
    unit = forms.ChoiceField(label="Business unit", required=False, widget=Select)
    stage = forms.ChoiceField(label="The card stands in", widget=Select)
    status = forms.ChoiceField(label="As", choices=Status.choices, widget=Select)
    lost_reason_id = forms.ChoiceField(label="Lost reason", required=False, widget=Select)
    after_days = forms.IntegerField(
        label="Days without a decision", min_value=1, max_value=365, initial=3, widget=NumberInput,
        help_text="For the follow-up alone: how long after the estimate was made.",
    )  # fmt: skip
    over_human = forms.BooleanField(
        label="Also where people moved the card", required=False, widget=CheckboxInput,
        help_text="Off: a card that somebody moved at GoHighLevel stays where it is.",
    )  # fmt: skip

    class Meta:
        model = StageRule
        fields = ("happened", "status", "lost_reason_id", "after_days", "over_human")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        account = Account.objects.order_by("-seen_at").first()
        pipelines = account.pipelines if account else []
        stages = [(p["name"], [(f"{p['id']}/{s['id']}", f"{p['name']}: {s['name']}") for s in p["stages"]]) for p in pipelines]
        self._choices("stage", stages)
        units = BusinessUnit.objects.order_by("name").values_list("pk", "name")
        self._choices("unit", [("", "any"), *((str(pk), name or str(pk)) for pk, name in units)])
        reasons = account.lost_reasons if account else []
        self._choices("lost_reason_id", [("", "none"), *((reason["id"], reason["name"]) for reason in reasons)])
        if not stages:
            self.fields["stage"].help_text = UNKNOWN
        if self.instance.pk:
            self.initial["stage"] = f"{self.instance.pipeline_id}/{self.instance.stage_id}"
            self.initial["unit"] = str(self.instance.business_unit_id or "")

    def _choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        pipeline, _, stage = values.get("stage", "").partition("/")
        self.instance.pipeline_id, self.instance.stage_id = pipeline, stage
        self.instance.business_unit_id = int(values["unit"]) if values.get("unit") else None
        same = StageRule.objects.filter(happened=values.get("happened"), business_unit_id=self.instance.business_unit_id)
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("happened", "There is a rule for this in this business unit already: change that one.")
        if values.get("lost_reason_id") and values.get("status") != Status.LOST:
            self.add_error("lost_reason_id", "Only a card that stands as lost has a reason for it.")
        return values
