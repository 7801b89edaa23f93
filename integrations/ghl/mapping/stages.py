"""What has happened to an estimate, and which stage that means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.ghl.models import StageRule
from servicetitan.models import Appointment, Estimate, Job

Happened = StageRule.Happened
ORDER = [happened.value for happened in Happened]
# Where nobody made a rule for it, a card stands where it stood before it happened.
BEFORE = {
    Happened.FOLLOW_UP: Happened.PROPOSAL_SENT,
    Happened.INSTALL_SCHEDULED: Happened.SOLD,
    Happened.INSTALL_COMPLETED: Happened.INSTALL_SCHEDULED,
}
_OVER = ("done", "canceled", "cancelled")
DECIDED = {"sold": Happened.SOLD, "dismissed": Happened.LOST}


@dataclass(frozen=True)
class Story:
    """What `happened`, and when the passing of time alone will change that (None: it will not)."""

    happened: Happened
    look_again_at: datetime | None = None


@dataclass(frozen=True)
class Around:
    """What a story is told from: the visit's appointments, and the jobs that were made from the estimate with theirs."""

    visits: Sequence[Appointment] = ()
    installs: Sequence[Job] = ()
    install_visits: Sequence[Appointment] = ()


def story(estimate: Estimate, around: Around, now: datetime, follow_up_days: int) -> Story:
    status = (estimate.status or "").lower()
    if status == "sold":
        return Story(_installed(around) or Happened.SOLD)
    if status == "dismissed" or estimate.active is False or estimate.deleted_at is not None:
        return Story(Happened.LOST)
    ahead = [visit.start for visit in around.visits if visit.start and visit.start > now and not _is_over(visit)]
    if ahead:
        return Story(Happened.APPOINTMENT_SCHEDULED, min(ahead))
    since = max(filter(None, [estimate.created_on, *_past(around.visits, now)]), default=now)
    reminder = since + timedelta(days=follow_up_days)
    return Story(Happened.FOLLOW_UP) if reminder <= now else Story(Happened.PROPOSAL_SENT, reminder)


def _installed(around: Around) -> Happened | None:
    statuses = [(job.job_status or "").lower() for job in around.installs]
    if "completed" in statuses:
        return Happened.INSTALL_COMPLETED
    if any(not _is_over(visit) for visit in around.install_visits) or any(s in ("dispatched", "inprogress") for s in statuses):
        return Happened.INSTALL_SCHEDULED
    return None


def _is_over(visit: Appointment) -> bool:
    return (visit.status or "").lower() in _OVER or visit.active is False or visit.deleted_at is not None


def _past(visits: Iterable[Appointment], now: datetime) -> list[datetime]:
    return [visit.start for visit in visits if visit.start and visit.start <= now]


class Rules:
    """The operator's rules, the most fitting one for each case."""

    def __init__(self, rules: Iterable[StageRule]) -> None:
        self._rules = {(rule.happened, rule.business_unit_id): rule for rule in rules}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def rule(self, happened: str, business_unit_id: int | None) -> StageRule | None:
        """Of this business unit, else of any; where there is none, of what must have happened before."""
        step: Happened | None = Happened(happened)
        while step is not None:
            found = self._rules.get((step.value, business_unit_id)) or self._rules.get((step.value, None))
            if found:
                return found
            step = BEFORE.get(step)
        return None

    def follow_up_days(self, business_unit_id: int | None) -> int:
        found = self._rules.get((Happened.FOLLOW_UP.value, business_unit_id)) or self._rules.get((Happened.FOLLOW_UP.value, None))
        return found.after_days if found else 3


def goes_back(before: str, after: str) -> bool:
    """Whether a card would be moved against the order in which a sale goes on."""
    return before in ORDER and ORDER.index(after) < ORDER.index(before)
