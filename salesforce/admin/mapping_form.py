"""The form of a line of the mapping: values and fields are picked from those there are, and checked together."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings

from salesforce import org as orgs
from salesforce.mapping.fields import Field
from salesforce.mapping.records import problem_of
from salesforce.mapping.sources import SOURCES
from salesforce.models import FieldMapping, Org

if TYPE_CHECKING:  # the theme ships no types
    from django.forms import CheckboxInput, Select

    _ModelForm = forms.ModelForm[FieldMapping]
else:
    _ModelForm = forms.ModelForm
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldBooleanSwitchWidget as CheckboxInput

GONE = "not there any more"
SENDABLE = ("string", "textarea", "phone", "url", "email", "combobox", "picklist", "multipicklist", "double", "currency",
            "percent", "int", "boolean", "date", "datetime")  # fmt: skip


def fields_by_object() -> dict[str, dict[str, Field]]:
    """As the org was last read; nothing where it never was."""
    org = Org.objects.order_by("-seen_at").first()
    return {sobject: orgs.fields_of(org, sobject) for sobject in orgs.objects()} if org else {}


class MappingForm(_ModelForm):
    source = forms.ChoiceField(label="What", widget=Select, help_text="Of the customer in ServiceTitan, or worked out from it.")
    place = forms.ChoiceField(label="Into the field", widget=Select, help_text="Fields that the hub's user may write.")
    when_empty = forms.ChoiceField(label="Where the customer has no value", choices=FieldMapping.Empty.choices, widget=Select)
    enabled = forms.BooleanField(label="In use", required=False, initial=True, widget=CheckboxInput)

    class Meta:
        model = FieldMapping
        fields = ("source", "when_empty", "enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "place" not in self.fields:  # not for a person who may only look
            return
        self.described, row = fields_by_object(), self.instance
        known = [(name, f"{source.label}{' (worked out)' if source.computed else ''}") for name, source in SOURCES.items()]
        self._offer("source", known, row.source)
        places = [
            (f"{sobject}.{field.name}", f"{sobject}: {field.label} ({field.name})")
            for sobject, fields in self.described.items()
            for field in sorted(fields.values(), key=lambda field: field.label)
            if field.writable and field.type in SENDABLE and field.name != settings.SALESFORCE_KEY_FIELD
        ]
        self._offer("place", places, f"{row.sobject}.{row.target}" if row.target else "")

    def _offer(self, name: str, choices: list[tuple[str, str]], chosen: str) -> None:
        field: Any = self.fields[name]
        if chosen and chosen not in dict(choices):  # shown as what it is; saving it is refused
            choices = [*choices, (chosen, f"{chosen}: {GONE}")]
        field.choices, field.initial = [("", "choose"), *choices], chosen

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        sobject, _, target = (data.get("place") or "").partition(".")
        if not target:
            return data
        tried = FieldMapping(sobject=sobject, source=data.get("source") or "", target=target)
        if problem := problem_of(tried, self.described.get(sobject, {})):
            self.add_error("place", problem)
        others = FieldMapping.objects.filter(sobject=sobject, target=target).exclude(pk=self.instance.pk)
        if others.exists():
            self.add_error("place", "Another line fills this field already: change that one instead.")
        return data

    def save(self, commit: bool = True) -> FieldMapping:
        """What a person has chosen is no suggestion any more."""
        row = self.instance
        row.sobject, _, row.target = self.cleaned_data["place"].partition(".")
        row.suggested = False
        return super().save(commit)
