"""An estimate as an opportunity."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from config.feed.wanted import Skip, fingerprint
from integrations.ghl.mapping.stages import Around, Rules, Story, goes_back, story
from integrations.ghl.models import Opportunity, StageRule
from servicetitan.models import Appointment, Estimate, Job

ESTIMATE_FIELD = "opportunity.st_estimate_id"
JOB_FIELD = "opportunity.st_job_id"
STATUS_FIELD = "opportunity.st_estimate_status"
CENT = Decimal("0.01")


@dataclass(frozen=True)
class WantedOpportunity:
    """`values`: name and money. `place`: pipelineId, pipelineStageId and status, by `rule`. `custom`: {key: text}."""

    estimate_id: int
    name: str
    value: Decimal
    happened: str
    rule: StageRule
    values: dict[str, Any]
    place: dict[str, str]
    custom: dict[str, str]
    look_again_at: datetime | None
    hash: str = field(default="", compare=False)


Outcome = WantedOpportunity | Skip


def wanted_opportunities(rows: Collection[Opportunity], rules: Rules, now: datetime) -> dict[int, Outcome]:
    """By the row's own id."""
    estimates = _estimates(rows)
    around = _around([estimate for found in estimates.values() for estimate in found])
    return {row.pk: _wanted(row, estimates[row.pk], around, rules, now) for row in rows}


def _wanted(
    row: Opportunity, candidates: list[Estimate], around: dict[int, Around], rules: Rules, now: datetime
) -> Outcome:
    if not candidates:
        return Skip("The estimate is not in the mirror (yet).")
    if not rules:
        return Skip("No rule says which stage a card stands in: make stage rules.")
    told = [(_tell(estimate, around, rules, now), estimate) for estimate in candidates]
    what, estimate = max(told, key=lambda pair: _rank(*pair)) if len(told) > 1 else told[0]
    return _place(row, estimate, what, rules)


def _tell(estimate: Estimate, around: dict[int, Around], rules: Rules, now: datetime) -> Story:
    days = rules.follow_up_days(estimate.business_unit_id)
    return story(estimate, around.get(estimate.pk, Around()), now, days)


def _rank(what: Story, estimate: Estimate) -> tuple[int, Decimal, int]:
    """The best estimate of a customer: an open one before a sold one before a lost one, then the highest."""
    happened = StageRule.Happened
    standing = {happened.LOST: 0, happened.SOLD: 1, happened.INSTALL_SCHEDULED: 1, happened.INSTALL_COMPLETED: 1}
    return standing.get(what.happened, 2), estimate.total or Decimal(0), estimate.pk


def _place(row: Opportunity, estimate: Estimate, what: Story, rules: Rules) -> Outcome:
    happened = what.happened.value
    if row.st_estimate_id == estimate.pk and row.happened and goes_back(row.happened, happened):
        happened = row.happened
    rule = rules.rule(happened, estimate.business_unit_id)
    if rule is None:
        return Skip(f"No rule says where a card stands when this happened: {StageRule.Happened(happened).label}.")
    name = estimate.name or f"Estimate {estimate.job_number or estimate.pk}"
    value = (estimate.total or Decimal(0)).quantize(CENT)
    values = {"name": name, "monetaryValue": float(value)}
    place = {"pipelineId": rule.pipeline_id, "pipelineStageId": rule.stage_id, "status": rule.status}
    custom = {
        ESTIMATE_FIELD: str(estimate.pk), JOB_FIELD: str(estimate.job_id or ""), STATUS_FIELD: estimate.status or "",
    }  # fmt: skip
    mark = fingerprint(values, place, custom, rule.lost_reason_id)
    return WantedOpportunity(estimate.pk, name, value, happened, rule, values, place, custom, what.look_again_at, mark)


def _estimates(rows: Collection[Opportunity]) -> dict[int, list[Estimate]]:
    """By the row's own id: the slot's one estimate, or, for the slot of a customer, all of the customer's."""
    own = {row.slot for row in rows if row.slot}
    by_id = {e.pk: e for e in Estimate.objects.filter(pk__in=own).defer("raw")}
    by_customer = defaultdict(list)
    for estimate in Estimate.objects.filter(customer_id__in=[r.st_customer_id for r in rows if not r.slot]).defer("raw"):
        by_customer[estimate.customer_id].append(estimate)
    return {
        row.pk: ([by_id[row.slot]] if row.slot in by_id else []) if row.slot else by_customer[row.st_customer_id]
        for row in rows
    }


def _around(estimates: Iterable[Estimate]) -> dict[int, Around]:
    """By estimate, in three queries for all of them."""
    found = list(estimates)
    installs: dict[int, list[Job]] = defaultdict(list)
    for job in Job.objects.filter(created_from_estimate_id__in=[e.pk for e in found]).defer("raw"):
        if job.created_from_estimate_id is not None:
            installs[job.created_from_estimate_id].append(job)
    jobs = {e.job_id for e in found if e.job_id} | {job.pk for made in installs.values() for job in made}
    visits: dict[int, list[Appointment]] = defaultdict(list)
    for visit in Appointment.objects.filter(job_id__in=jobs).defer("raw"):
        if visit.job_id is not None:
            visits[visit.job_id].append(visit)
    return {
        e.pk: Around(
            visits[e.job_id] if e.job_id else (),
            installs[e.pk],
            [visit for job in installs[e.pk] for visit in visits[job.pk]],
        )
        for e in found
    }
