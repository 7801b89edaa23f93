"""Which stage a card stands in when something happened: people's own, and the only thing here that they write themselves."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from config.backoffice import operators, pages, show
from config.backoffice.asking import Question, confirmed
from config.backoffice.base import HubAdmin
from config.backoffice.panels import Panel, Table
from integrations.admin import buttons, places, rule_form
from integrations.admin.buttons import START_RIGHT, ask_sync
from integrations.admin.opportunities import STATUS_TONES
from integrations.admin.rule_form import ANY, HAPPENED, RuleForm
from integrations.admin.words import Mode
from integrations.ghl.mapping.stages import BEFORE
from integrations.ghl.rules import misfits, suggested
from integrations.models import StageRule

RIGHTS = tuple(f"integrations.{verb}_stagerule" for verb in ("add", "change", "delete"))
operators.may(*RIGHTS)
Happened = StageRule.Happened
APPLY = "Cards follow when their estimate changes next, or at once with “Apply to all cards”."


def missing() -> list[StageRule]:
    """Suggestions for what has no rule yet."""
    known = places.read()
    have = set(StageRule.objects.filter(business_unit_id=None).values_list("happened", flat=True))
    return [rule for rule in suggested(known.account.pipelines if known.account else []) if rule.happened not in have]


def wrong() -> dict[int, str]:
    known = places.read()
    return misfits(StageRule.objects.all(), known.account) if known.account else {}


def _suggest_question(_: Any, __: Any) -> Question:
    found = missing()
    nothing = "" if found else "By the names of GoHighLevel's stages there is nothing more to suggest: add rules by hand."
    names = "\n".join(f"• {HAPPENED[Happened(rule.happened)]}" for rule in found)
    text = f"Makes a rule for what has none yet, by the names of the stages:\n{names}" if found else ""
    return Question("Suggest rules?", text, "Make these rules", nothing)


def _apply_question(_: Any, __: Any) -> Question:
    text = (
        "Every card that should stand elsewhere by these rules is moved, at GoHighLevel's pace. Cards that people moved stay, "
        "unless their rule says otherwise, and no card goes back. What is right already costs no call."
    )
    problem = "A rule points to something GoHighLevel does not have: correct it first." if wrong() else buttons.stopped()
    return Question("Apply the rules to all cards?", text, "Apply to all cards", problem)


@admin.register(StageRule)
class StageRuleAdmin(HubAdmin):
    form = RuleForm
    list_display = ("called", "unit", "place", "status_pill", "details", "fits")
    ordering = ("id",)
    actions = None
    actions_list = ("suggest", "apply")
    fieldsets = (
        (None, {"fields": ("happened", "after_days", "business_unit")}),
        ("Where the card goes", {"fields": ("place", "status", "lost_reason", "over_human")}),
    )
    conditional_fields = {"after_days": "happened == 'follow_up'", "lost_reason": "status == 'lost'"}
    empty_list = "No rule yet, so no opportunity is sent. “Suggest rules” makes them by the names of the stages."

    def has_apply_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(START_RIGHT)

    def list_notes(self, request: HttpRequest) -> list[Panel]:
        return [*_misfits(), *_gaps()]

    def title_of(self, record: Any) -> str:
        return HAPPENED[Happened(record.happened)]

    @admin.display(description="when this happens")
    def called(self, rule: StageRule) -> str:
        return HAPPENED[Happened(rule.happened)]

    @admin.display(description="business unit")
    def unit(self, rule: StageRule) -> str:
        return dict(_units()).get(str(rule.business_unit_id), str(rule.business_unit_id)) if rule.business_unit_id else ANY

    @admin.display(description="the card goes to")
    def place(self, rule: StageRule) -> str:
        return places.known().both(rule.pipeline_id, rule.stage_id)

    @admin.display(description="status")
    def status_pill(self, rule: StageRule) -> SafeString:
        return show.pill(rule.status, STATUS_TONES.get(rule.status, show.PLAIN))

    @admin.display(description="besides")
    def details(self, rule: StageRule) -> str:
        parts = [f"after {rule.after_days} days"] if rule.happened == Happened.FOLLOW_UP else []
        if rule.lost_reason_id:
            parts.append(f"reason: {places.known().reasons.get(rule.lost_reason_id, rule.lost_reason_id)}")
        if rule.over_human:
            parts.append("also where a person moved it")
        return ", ".join(parts) or show.DASH

    @admin.display(description="state")
    def fits(self, rule: StageRule) -> SafeString:
        account = places.known().account
        if account and (problem := misfits([rule], account).get(rule.pk)):
            return show.pill(problem, show.BAD)
        return show.pill("suggested by name", show.INFO) if rule.suggested else show.pill("in use", show.GOOD)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        messages.info(request, APPLY)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        messages.info(request, APPLY)
        return super().response_change(request, obj)

    @confirmed("Suggest rules", "add", _suggest_question, icon="auto_fix_high")
    def suggest(self, request: HttpRequest, _: Any) -> None:
        rules = StageRule.objects.bulk_create(missing())
        user: Any = request.user
        LogEntry.objects.log_actions(user.pk, rules, ADDITION, "Suggested by the names of the stages")
        messages.success(request, f"{len(rules)} rules made. Look whether they fit. {APPLY}")

    @confirmed("Apply to all cards", "apply", _apply_question, icon="restart_alt", variant=ActionVariant.PRIMARY)
    def apply(self, request: HttpRequest, _: Any) -> None:
        ask_sync(request, Mode.FULL, "the stage rules, for all cards")


def _units() -> list[tuple[str, str]]:
    return cache.get_or_set("ghl-units", rule_form.units, 5) or []


def _misfits() -> list[Panel]:
    found = wrong()
    if not found:
        return []
    rules = StageRule.objects.filter(pk__in=found)
    rows = [(pages.link_to(rule, HAPPENED[Happened(rule.happened)]), show.pill(found[rule.pk], show.BAD)) for rule in rules]
    note = "Opportunities these rules are for are refused by GoHighLevel until the rules are corrected."
    return [Table(title="Rules that do not fit any more", headers=("Rule", "What is wrong"), rows=rows, note=note)]


def _gaps() -> list[Panel]:
    """What has no rule, and what becomes of such cards."""
    have = set(StageRule.objects.filter(business_unit_id=None).values_list("happened", flat=True))
    rows = []
    for happened in Happened:
        if have and happened.value not in have:
            before = BEFORE.get(happened)
            becomes = f"as “{HAPPENED[before]}”" if before else "not sent"
            rows.append((HAPPENED[happened], becomes))
    return [Table(title="No rule yet", headers=("When this happens", "The card is"), rows=rows)] if rows else []
