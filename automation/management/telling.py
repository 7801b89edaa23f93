"""Outcomes and plans for the terminal."""

from collections.abc import Iterator

from automation.workflows.moving import Group, Plan
from automation.workflows.outcome import Arm, Outcome
from automation.workflows.outcome.report import money


def outcome(found: Outcome) -> Iterator[str]:
    yield f"{found.workflow}: {found.sentence}"
    has_control = found.control.runs > 0
    yield _arm("treated" if has_control else "everybody", found.treated)
    if has_control:
        yield _arm("control", found.control)
    for name, interval in (("a run", found.lift), ("recovered", found.recovered)):
        if interval is not None:
            yield f"  {name:<10} {money(interval.point):>12}   between {money(interval.low)} and {money(interval.high)} (95 %)"
    yield from (f"  {note}" for note in found.notes)


def _arm(name: str, arm: Arm) -> str:
    return (
        f"  {name:<10} {arm.runs:>8,} runs of {arm.customers:,} customers, {arm.successes:,} with success ({arm.rate:.1%}), "
        f"{money(arm.mean_revenue)} a run"
    )


def plan(found: Plan) -> Iterator[str]:
    if not found.groups:
        yield f"{found.workflow}: nobody is inside on an older version than {found.version}."
        return
    more = "at least " if found.capped else ""
    yield f"{found.workflow}, to version {found.version}: {more}{found.moving:,} would move."
    yield from (f"  {line}" for line in found.changes)
    for group in found.groups:
        yield from _group(group)


def _group(group: Group) -> Iterator[str]:
    due = f", {group.due:,} of them due now" if group.due else ""
    yield f"  version {group.version}, {group.stands}: {group.runs:,}{due}"
    yield f"    goes {group.goes}"
    if group.gains:
        yield f"    then, as not before: {'; '.join(group.gains)}"
    if group.loses:
        yield f"    no longer: {'; '.join(group.loses)}"
    if group.staying:
        yield f"    {group.staying:,} stay on their version: {group.why_not}"
