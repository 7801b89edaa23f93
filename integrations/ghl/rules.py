"""Stage rules: suggested from the names of the stages, and checked against what the sub-account has."""

import re
from collections.abc import Iterable
from typing import Any

from integrations.ghl.models import Account, StageRule

Happened = StageRule.Happened

# By the words of a stage's name, in the order in which a stage is taken by the first that fits.
_SIGNS = (
    (Happened.FOLLOW_UP, r"follow"),
    (Happened.LOST, r"lost|dismiss|declin|dead"),
    (Happened.PROPOSAL_SENT, r"proposal|quote|estimate|bid"),
    (Happened.APPOINTMENT_SCHEDULED, r"appointment|scheduled|booked|visit"),
    (Happened.SOLD, r"sold|won|accept|approved|closed"),
)
_INSTALL_SIGNS = (
    (Happened.INSTALL_COMPLETED, r"complete|done|finish"),
    (Happened.INSTALL_SCHEDULED, r"^scheduled|booked"),
)
_STATUS = {
    Happened.LOST: StageRule.Status.LOST,
    Happened.SOLD: StageRule.Status.WON,
    Happened.INSTALL_SCHEDULED: StageRule.Status.WON,
    Happened.INSTALL_COMPLETED: StageRule.Status.WON,
}


def suggested(pipelines: Iterable[dict[str, Any]]) -> list[StageRule]:
    """Rules for the stages whose names tell what they are for; the first pipeline that has one, with installs apart."""
    found: dict[Happened, StageRule] = {}
    for pipeline in pipelines:
        signs = _INSTALL_SIGNS if re.search(r"install", pipeline["name"], re.IGNORECASE) else _SIGNS
        for stage in pipeline["stages"]:
            happened = next((h for h, words in signs if re.search(words, stage["name"], re.IGNORECASE)), None)
            if happened and happened not in found:
                found[happened] = StageRule(
                    happened=happened, pipeline_id=pipeline["id"], stage_id=stage["id"],
                    status=_STATUS.get(happened, StageRule.Status.OPEN), suggested=True,
                )  # fmt: skip
    return list(found.values())


def misfits(rules: Iterable[StageRule], account: Account) -> dict[int, str]:
    """What is wrong with rules, by their number: pipelines, stages or reasons that the sub-account does not have."""
    stages = {pipeline["id"]: {stage["id"] for stage in pipeline["stages"]} for pipeline in account.pipelines}
    reasons = {reason["id"] for reason in account.lost_reasons}
    found = {}
    for rule in rules:
        if rule.pipeline_id not in stages:
            found[rule.pk] = "GoHighLevel has no such pipeline (any more)."
        elif rule.stage_id not in stages[rule.pipeline_id]:
            found[rule.pk] = "The pipeline has no such stage (any more)."
        elif rule.lost_reason_id and rule.lost_reason_id not in reasons:
            found[rule.pk] = "GoHighLevel has no such lost reason (any more)."
    return found
