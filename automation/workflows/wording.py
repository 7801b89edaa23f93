"""Definitions in plain English: what happens, which records are meant, what each step does, and where somebody is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from automation.workflows.conditions import Condition
from automation.workflows.definitions import Definition, Op

EVENTS = {
    "estimate.created": "an estimate is created", "estimate.sold": "an estimate is sold",
    "estimate.dismissed": "an estimate is dismissed", "estimate.expiring": "an estimate has been open for {days}",
    "job.created": "a job is created", "job.install_created": "an installation job is created",
    "job.scheduled": "a job is scheduled", "job.completed": "a job is completed", "job.canceled": "a job is canceled",
    "appointment.created": "an appointment is made", "appointment.moved": "an appointment is moved",
    "appointment.canceled": "an appointment is canceled", "appointment.tomorrow": "an appointment is tomorrow",
    "invoice.created": "an invoice is created", "invoice.paid": "an invoice is paid",
    "invoice.overdue": "an invoice is {days} overdue", "customer.created": "a customer is new",
    "customer.inactive": "a customer has had no job for {days}",
}  # fmt: skip
_OPERATORS = {
    "at least": "is at least {}", "at most": "is at most {}", "more than": "is more than {}", "less than": "is less than {}",
    "is true": "is yes", "is not true": "is no", "more than days ago": "is more than {} days ago",
    "within the last days": "is within the last {} days", "within the next days": "is within the next {} days",
}  # fmt: skip
_SENDS = {"sms": "Send SMS {}", "email": "Send e-mail {}", "staff": "Notify staff: {}"}
_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def event(kind: str, days: int | None = None) -> str:
    """ "an estimate has been open for 30 days"; without `days`: "for some days". An unknown kind is shown as it is."""
    return EVENTS.get(kind, kind).replace("{days}", "some days" if days is None else _many(days, "day"))


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


# Conditions


def field(name: str) -> str:
    """ "estimate.subtotal" as "estimate subtotal"; "job.job_status" as "job status"."""
    entity, _, rest = name.partition(".")
    entity, rest = entity.replace("_", " "), rest.replace("_", " ")
    return rest if rest.startswith(f"{entity} ") else f"{entity} {rest}"


def row(given: Mapping[str, Any]) -> str:
    op = str(given.get("op", ""))
    said = _OPERATORS.get(op) or (f"{op} {{}}" if "value" in given else op)
    return f"{field(str(given.get('field', '')))} {said.replace('{}', _value(given.get('value')))}"


def condition(given: Condition) -> str:
    """One sentence without its capital: "estimate status is “Open” and (a or b)"."""
    kind, parts = next(iter(given.items()))
    if not parts:
        return "always" if kind == "all" else "never"
    said = [row(part) if "field" in part else _bracketed(part, len(parts)) for part in parts]
    return (" and " if kind == "all" else " or ").join(said)


def _bracketed(group: Condition, beside: int) -> str:
    said = condition(group)
    return f"({said})" if beside > 1 and len(next(iter(group.values()))) > 1 else said


def condition_lines(given: Condition) -> list[str]:
    """One line for each row of the outermost group, for lists and differences."""
    kind, parts = next(iter(given.items()))
    if not parts:
        return [sentence(condition(given))]
    word = "and" if kind == "all" else "or"
    said = [row(part) if "field" in part else _bracketed(part, 2) for part in parts]
    return [sentence(said[0]), *(f"{word} {one}" for one in said[1:])]


def _value(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_value, value))
    if isinstance(value, str):
        return f"“{value}”"
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return f"{number:,f}"


# Steps


@dataclass(frozen=True)
class Line:
    """A step, or the "Otherwise" of a branch (without an `op`). `depth`: in how many branches it stands."""

    depth: int
    name: str
    text: str
    op: int | None = None


def outline(program: Sequence[Op]) -> Iterator[Line]:
    """The steps as people count them."""
    otherwise: set[str] = set()
    for place, op in enumerate(program):
        if op.kind == "jump":
            continue
        branch, part, _ = op.name.rpartition(".else.")
        if part and branch not in otherwise:
            otherwise.add(branch)
            yield Line(_depth(branch), "", "Otherwise:")
        yield Line(_depth(op.name), op.name, step(op), place)


def _depth(name: str) -> int:
    return name.count(".then.") + name.count(".else.")


def step(op: Op) -> str:
    say = _STEPS.get(op.kind)
    return say(op) if say else op.kind


_STEPS: dict[str, Callable[[Op], str]] = {
    "wait": lambda op: f"Wait {span(op.span)}",
    "until": lambda op: f"Wait until it is {clock(op.clock)}",
    "hear": lambda op: f"Wait until {event(op.word)}, at most {span(op.span)}",
    "branch": lambda op: f"If {condition(op.condition)}:",
    "send": lambda op: _SENDS.get(op.word, f"{op.word} {{}}").replace("{}", op.template),
    "split": lambda op: f"Put {op.percent} % into the control group, which gets nothing",
    "stop": lambda op: f"Stop: {op.word}",
}


def where(definition: Definition, place: int) -> str:
    """What a run that stands at `place` of the program is at: the wait it is in, or the step it takes next."""
    program = definition.program
    if 0 < place <= len(program) and program[place - 1].kind in ("wait", "until", "hear"):
        before = program[place - 1]
        return f"Step {before.name}: {step(before)}"
    if place >= len(program):
        return "After the last step"
    op = program[place]
    return f"Before step {op.name}: {step(op)}"


# Rules around the steps


def rules(definition: Definition) -> list[tuple[str, str]]:
    """(label, sentence) of everything but trigger, conditions and steps."""
    fresh, expires = definition.freshness_minutes, definition.expires
    return [
        ("Again", _again(definition.reentry_days)),
        ("Priority", f"{definition.priority} of 100; where a cap lets not all go, higher goes first"),
        ("Newest", f"What happened more than {span(definition.newest)} ago lets nobody in"),
        ("Mirror", f"At most {_many(fresh, 'minute')} old when something is sent" if fresh else "As old as it is"),
        ("Expiry", f"What could not be sent within {span(expires)} is dropped" if expires else "Waits as long as it takes"),
    ]


def _again(days: int | None) -> str:
    if days is None:
        return "Each record enters only once"
    return f"Each record enters again after {_many(days, 'day')}" if days else "Each record enters again once it is through"


def span(given: timedelta) -> str:
    for unit, size in _UNITS:
        if given >= size and given % size == timedelta(0):
            return _many(given // size, unit)
    return str(given)


def clock(given: time | None) -> str:
    return "" if given is None else f"{given.hour % 12 or 12}:{given:%M} {'AM' if given.hour < 12 else 'PM'}"


def _many(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'' if count == 1 else 's'}"
