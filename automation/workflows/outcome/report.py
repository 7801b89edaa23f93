"""The outcome of a workflow in numbers and in words, with what the numbers leave out.

Whoever was split is counted, whether or not anything was sent to him, from the day his window is over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from automation.workflows import stored
from automation.workflows.models import Workflow
from automation.workflows.outcome.interval import CONTROL, NOT_SPLIT, TREATED, Interval, Sample, Total
from automation.workflows.outcome.revenue import ESTIMATE, PAID_SAID, SAID, Sum, basis_of, sums

WINDOW = timedelta(days=30)
LEAST = 20  # customers in each group: below that there is no verdict
NO_CONTROL = "No control group: nobody can say what would have happened anyway."
NOTHING = "Nothing was sold or paid in either group: too few to say."


@dataclass(frozen=True)
class Arm:
    """`successes`: runs that brought in anything."""

    runs: int
    customers: int
    successes: int
    rate: float
    mean_revenue: float


@dataclass(frozen=True)
class Outcome:
    """`lift`: of one run. `recovered`: of all treated runs with a control group. `verdict`: more, less or, mostly, none.

    Without any control group `treated` is everybody.
    """

    workflow: str
    counted: str
    window_days: float
    treated: Arm
    control: Arm
    lift: Interval | None
    recovered: Interval | None
    verdict: str | None
    sentence: str
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def outcome_of(workflow: Workflow, now: datetime, window: timedelta = WINDOW) -> Outcome:
    """As the acting unit, which need only read. Raises stored.Unreadable."""
    definition = stored.newest(workflow).definition
    sample, too_new = Sample(), [0]
    sample.read(_over(sums(workflow.pk, definition, now, window), too_new))
    treated, control = sample.groups[TREATED], sample.groups[CONTROL]
    if not treated.runs and not control.runs:
        treated = sample.groups[NOT_SPLIT]
    lift = sample.difference()
    recovered = lift.times(sample.compared()) if lift else None
    verdict, sentence = _judged(treated, control, recovered)
    return Outcome(
        workflow=workflow.name, counted=basis_of(definition), window_days=window / timedelta(days=1), treated=_arm(treated),
        control=_arm(control), lift=lift, recovered=recovered, verdict=verdict, sentence=sentence,
        notes=tuple(_notes(basis_of(definition), window, too_new[0], sample)),
    )  # fmt: skip


def _over(found: Iterable[Sum], too_new: list[int]) -> Iterator[Sum]:
    for one in found:
        if one.is_over:
            yield one
        else:
            too_new[0] += one.runs


def _arm(total: Total) -> Arm:
    return Arm(total.runs, total.customers, total.hits, total.hits / total.runs if total.runs else 0.0, total.mean)


def _judged(treated: Total, control: Total, recovered: Interval | None) -> tuple[str | None, str]:
    if not control.runs:
        return None, NO_CONTROL
    few = [f"{total.customers} in the {name} group" for name, total in ((TREATED, treated), (CONTROL, control))
           if total.customers < LEAST]  # fmt: skip
    if few:
        return None, f"Too few to say: {' and '.join(few)}; a verdict takes {LEAST} customers in each."
    if recovered is None:
        return None, "Nothing to compare: no version has runs in both groups."
    if not treated.hits and not control.hits:
        return None, NOTHING
    if recovered.contains_zero:
        return None, f"Between {money(recovered.low)} and {money(recovered.high)} more than without (95 %); too few to say."
    if recovered.low > 0:
        return "more", f"Between {money(recovered.low)} and {money(recovered.high)} more than without (95 %)."
    return "less", f"Between {money(-recovered.high)} and {money(-recovered.low)} less than without (95 %)."


def _notes(basis: str, window: timedelta, too_new: int, sample: Sample) -> Iterator[str]:
    yield SAID[basis]
    if basis != ESTIMATE:
        yield PAID_SAID
    yield "Each estimate or invoice counts once, for the run that began last before it."
    if too_new:
        yield f"{too_new:,} runs began less than {window / timedelta(days=1):g} days ago and are not counted yet."
    not_split, both = sample.groups[NOT_SPLIT].runs, sample.groups[TREATED].runs + sample.groups[CONTROL].runs
    if both and not_split:
        yield f"{not_split:,} runs were never split, as they had ended before or their version splits nobody: not counted."
    alone = both - sample.compared(TREATED) - sample.compared(CONTROL)
    if sample.groups[CONTROL].runs and alone:
        yield f"{alone:,} runs have nobody to be compared with at their share of controls: in the means, not in the difference."


def money(amount: float) -> str:
    return f"{'-' if round(amount) < 0 else ''}${abs(amount):,.0f}"
