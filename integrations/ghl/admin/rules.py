"""Which stage a card stands in: the one page of this unit where people change something."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from config.backoffice import show
from config.backoffice.base import HubAdmin
from config.backoffice.panels import Panel, Table
from integrations.ghl.admin import words
from integrations.ghl.admin.rule_form import StageRuleForm
from integrations.ghl.models import Account, StageRule
from integrations.ghl.rules import misfits
from servicetitan.models import BusinessUnit

Happened = StageRule.Happened
ORDER = {happened.value: place for place, happened in enumerate(Happened)}


@admin.register(StageRule)
class StageRuleAdmin(HubAdmin):
    form = StageRuleForm
    list_display = ("when", "unit", "place", "status_", "more", "fits")
    list_display_links = ("when",)
    ordering = ("id",)
    empty_list = "No rule yet. The first run suggests some from the names of the stages; or add one."
    fieldsets = (
        (None, {"fields": ("happened", "unit", "stage", "status", "lost_reason_id", "after_days", "over_human")}),
    )  # fmt: skip

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        account = Account.objects.order_by("-seen_at").first()
        self.wrong = misfits(StageRule.objects.all(), account) if account else {}
        self.units = dict(BusinessUnit.objects.values_list("pk", "name"))
        return super().changelist_view(request, extra_context)

    def list_notes(self, request: HttpRequest) -> list[Panel]:
        """What has no rule yet: cards for which that happens are not sent."""
        ruled = set(StageRule.objects.filter(business_unit_id__isnull=True).values_list("happened", flat=True))
        rows = [(happened.label, "Such cards are listed as skipped.") for happened in Happened if happened.value not in ruled]
        title = "Happenings without a rule for every business unit"
        return [Table(title=title, headers=("When this happened", ""), rows=rows)] if rows else []

    @admin.display(description="when this happened")
    def when(self, rule: StageRule) -> str:
        return str(Happened(rule.happened).label)

    @admin.display(description="business unit")
    def unit(self, rule: StageRule) -> str:
        if rule.business_unit_id is None:
            return "any"
        return self.units.get(rule.business_unit_id) or f"{rule.business_unit_id}, not mirrored"

    @admin.display(description="the card stands in")
    def place(self, rule: StageRule) -> str:
        return words.places().text(rule.pipeline_id, rule.stage_id)

    @admin.display(description="as")
    def status_(self, rule: StageRule) -> str:
        return rule.status

    @admin.display(description="also")
    def more(self, rule: StageRule) -> str:
        parts = [f"after {rule.after_days} days"] if rule.happened == Happened.FOLLOW_UP else []
        parts += ["moves cards that people moved"] if rule.over_human else []
        return ", ".join(parts) or show.DASH

    @admin.display(description="state")
    def fits(self, rule: StageRule) -> SafeString:
        if wrong := self.wrong.get(rule.pk):
            return show.pill(wrong, show.BAD)
        return show.pill("suggested", show.INFO) if rule.suggested else show.pill("fits", show.GOOD)

    def save_model(self, request: HttpRequest, obj: StageRule, form: Any, change: bool) -> None:
        """From now on it is a person's, and no suggestion any more."""
        obj.suggested = False
        super().save_model(request, obj, form, change)

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> Any:
        self.message_user(request, _applies())
        return super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> Any:
        self.message_user(request, _applies())
        return super().response_post_save_change(request, obj)


def _applies() -> str:
    return "It holds for cards that change from now on. “Look at everything again” on the page “Runs” applies it to all."
