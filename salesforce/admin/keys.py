"""Keys to our own API: made here and shown once."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from config.backoffice import show
from config.backoffice.asking import Question, confirmed
from config.backoffice.base import HubAdmin
from salesforce.api.access import new_key
from salesforce.models import ApiKey

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[ApiKey]  # the theme ships no types
    from django.forms import Select, SplitDateTimeWidget, TextInput
else:
    _ModelForm = forms.ModelForm
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldAdminSplitDateTimeWidget as SplitDateTimeWidget
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput


class KeyForm(_ModelForm):
    name = forms.CharField(label="Who uses it", max_length=100, widget=TextInput)
    scope = forms.ChoiceField(label="What it may", choices=ApiKey.Scope.choices, widget=Select)
    until = forms.SplitDateTimeField(label="Until", required=False, widget=SplitDateTimeWidget, help_text="Empty: until revoked.")

    class Meta:
        model = ApiKey
        fields = ("name", "scope", "until")


def _revoke_question(_: Any, key: ApiKey) -> Question:
    nothing = "It is revoked already." if key.revoked_at else ""
    text = "From now on it opens nothing. It cannot be made good again."
    return Question(f"Revoke the key of {key.name}?", text, "Revoke", nothing)


@admin.register(ApiKey)
class ApiKeyAdmin(HubAdmin):
    form = KeyForm
    list_display = ("name", "beginning", "may", "condition", "made", "made_by")
    ordering = ("-id",)
    actions = None
    actions_detail = ("revoke",)
    fieldsets = ((None, {"fields": ("name", "scope", "until")}),)
    empty_list = "No key yet. A program that calls the API under /api/salesforce/ needs one; people who are logged in do not."

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Revoked ones stay: they tell who had one."""
        return False

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if not change:
            key, obj.prefix, obj.hash = new_key()
            obj.made_at, obj.made_by = timezone.now(), request.user.get_username()
            text = f"The key is {key}. Keep it now: it is shown this once."
            messages.warning(request, text)
        super().save_model(request, obj, form, change)

    @confirmed("Revoke", "revoke", _revoke_question, icon="key_off")
    def revoke(self, request: HttpRequest, key: ApiKey) -> None:
        ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
        self.log_change(request, key, "Revoked")
        messages.success(request, f"The key of {key.name} is revoked.")

    @admin.display(description="key")
    def beginning(self, key: ApiKey) -> SafeString:
        return show.code(f"{key.prefix}…")

    @admin.display(description="may")
    def may(self, key: ApiKey) -> str:
        return str(ApiKey.Scope(key.scope).label)

    @admin.display(description="state")
    def condition(self, key: ApiKey) -> SafeString:
        if key.revoked_at:
            return show.pill("revoked", show.PLAIN)
        if key.until and key.until <= timezone.now():
            return show.pill("over", show.PLAIN)
        return show.pill("in use", show.GOOD)

    @admin.display(description="made")
    def made(self, key: ApiKey) -> SafeString:
        return show.moment(key.made_at)
