"""Definitions: what a file or the admin says, checked whole, and made into a program of steps.

{"name": "unsold-estimate", "title": "Unsold estimate", "trigger": {"event": "estimate.created"},
 "entry": {"all": [...]}, "goal": {"any": [...]}, "reentry": "once", "priority": 50, "freshness_minutes": 120,
 "steps": [{"do": "wait", "for": "2d"}, {"do": "wait until", "clock": "10:00"},
           {"do": "branch", "if": {...}, "then": [...], "else": [...]},
           {"do": "send sms", "template": "unsold-estimate-1"}, ...]}

A send may have an "if" of its own: it must hold at the very moment the message leaves, however long quiet hours held it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from typing import Any

from automation.workflows.conditions import EVERYTHING, BadCondition, Condition, check
from automation.workflows.events import KINDS, TIMED

REENTRY = ("once", "again")  # or {"after_days": n}
SENDS = {"send sms": "sms", "send email": "email", "notify staff": "staff"}
_TOP = {
    "name", "title", "trigger", "entry", "goal", "reentry", "priority", "freshness_minutes", "expires_hours", "newest_hours",
    "steps",
}  # fmt: skip
_SPAN = re.compile(r"(\d{1,4})([mhdw])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MOST_STEPS = 200
LONGEST = timedelta(days=730)


class BadDefinition(ValueError):
    """The message says where it is wrong, and what would be right."""


@dataclass(frozen=True)
class Op:
    """One instruction. `name`: the step as people count it, such as 3 or 3.then.1. `to`: where a branch or jump goes."""

    kind: str  # wait, until, hear, branch, jump, send, split, stop
    name: str
    span: timedelta = timedelta(0)
    clock: time | None = None
    word: str = ""  # an event's kind, a message's kind, a reason
    template: str = ""
    condition: Condition = field(default_factory=lambda: EVERYTHING)
    percent: int = 0
    to: int = 0


@dataclass(frozen=True)
class Definition:
    """`reentry_days`: None: once only; 0: again whenever the last run has ended."""

    name: str
    title: str
    event: str
    days: int
    entity: str
    entry: Condition
    goal: Condition | None
    reentry_days: int | None
    priority: int
    freshness_minutes: int | None
    expires: timedelta | None
    newest: timedelta
    program: tuple[Op, ...]


def read(content: Any) -> Definition:
    """Raises BadDefinition."""
    top = _object(content, _TOP, "definition")
    event, days = _trigger(top.get("trigger"))
    entity = KINDS[event]
    goal = top.get("goal")
    return Definition(
        name=_slug(top.get("name"), "name"),
        title=_text(top.get("title"), "title", 200),
        event=event,
        days=days,
        entity=entity,
        entry=_condition(entity, top.get("entry", EVERYTHING), "entry"),
        goal=None if goal is None else _condition(entity, goal, "goal"),
        reentry_days=_reentry(top.get("reentry", "once")),
        priority=_whole(top.get("priority", 50), "priority", 0, 100),
        freshness_minutes=_optional(top.get("freshness_minutes"), "freshness_minutes", 1, 100_000),
        expires=_hours(top.get("expires_hours"), "expires_hours"),
        newest=_hours(top.get("newest_hours", 48), "newest_hours") or timedelta(hours=48),
        program=_program(entity, top.get("steps")),
    )


def _trigger(given: Any) -> tuple[str, int]:
    trigger = _object(given, {"event", "days"}, "trigger")
    event = trigger.get("event")
    if event not in KINDS:
        raise BadDefinition(f"trigger.event: {event!r} is none of {', '.join(KINDS)}.")
    if (event in TIMED and event != "appointment.tomorrow") != ("days" in trigger):
        takes = "takes" if event in TIMED and event != "appointment.tomorrow" else "takes no"
        raise BadDefinition(f"trigger: {event} {takes} 'days'.")
    return str(event), _whole(trigger.get("days", 0), "trigger.days", 0, 3650)


def _reentry(given: Any) -> int | None:
    if given == "once":
        return None
    if given == "again":
        return 0
    return _whole(_object(given, {"after_days"}, "reentry").get("after_days"), "reentry.after_days", 1, 3650)


def _condition(entity: str, given: Any, place: str) -> Condition:
    try:
        check(entity, given)
    except BadCondition as bad:
        raise BadDefinition(str(bad).replace("condition", place, 1)) from bad
    found: Condition = given
    return found


# Steps


def _program(entity: str, steps: Any) -> tuple[Op, ...]:
    ops: list[Op] = []
    _write(ops, entity, steps, "steps", "")
    if len(ops) > MOST_STEPS:
        raise BadDefinition(f"steps: at most {MOST_STEPS}.")
    if not any(op.kind == "send" for op in ops):
        raise BadDefinition("steps: nothing is ever sent.")
    return tuple(ops)


def _write(ops: list[Op], entity: str, steps: Any, place: str, prefix: str) -> None:
    if not isinstance(steps, Sequence) or isinstance(steps, str) or not steps:
        raise BadDefinition(f"{place}: write a list of steps.")
    for number, step in enumerate(steps, 1):
        where, name = f"{place}[{number}]", f"{prefix}{number}"
        do = step.get("do") if isinstance(step, Mapping) else None
        if do == "branch":
            _write_branch(ops, entity, step, where, name)
        elif do in _WRITERS:
            op = _WRITERS[do](step, where, name)
            ops.append(replace(op, condition=_condition(entity, step["if"], f"{where}.if")) if "if" in step else op)
        else:
            raise BadDefinition(f"{where}: 'do' is one of {', '.join((*_WRITERS, 'branch'))}.")


def _write_branch(ops: list[Op], entity: str, step: Any, where: str, name: str) -> None:
    """condition false: to the else part; the then part jumps over it."""
    given = _object(step, {"do", "if", "then", "else"}, where)
    condition = _condition(entity, given.get("if"), f"{where}.if")
    place = len(ops)
    ops.append(Op("branch", name))
    _write(ops, entity, given.get("then"), f"{where}.then", f"{name}.then.")
    jump = len(ops)
    ops.append(Op("jump", name))
    ops[place] = Op("branch", name, condition=condition, to=len(ops))
    if given.get("else"):
        _write(ops, entity, given["else"], f"{where}.else", f"{name}.else.")
    ops[jump] = Op("jump", name, to=len(ops))


def _wait(step: Any, where: str, name: str) -> Op:
    return Op("wait", name, span=_span(_object(step, {"do", "for"}, where).get("for"), f"{where}.for"))


def _until(step: Any, where: str, name: str) -> Op:
    text = _object(step, {"do", "clock"}, where).get("clock")
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text) if isinstance(text, str) else None
    if match is None:
        raise BadDefinition(f"{where}.clock: write a time of day, such as 09:30.")
    return Op("until", name, clock=time(int(match[1]), int(match[2])))


def _hear(step: Any, where: str, name: str) -> Op:
    given = _object(step, {"do", "event", "at_most"}, where)
    if given.get("event") not in KINDS:
        raise BadDefinition(f"{where}.event: {given.get('event')!r} is none of {', '.join(KINDS)}.")
    return Op("hear", name, word=str(given["event"]), span=_span(given.get("at_most"), f"{where}.at_most"))


def _send(step: Any, where: str, name: str) -> Op:
    given = _object(step, {"do", "template", "if"}, where)
    return Op("send", name, word=SENDS[given["do"]], template=_slug(given.get("template"), f"{where}.template"))


def _split(step: Any, where: str, name: str) -> Op:
    percent = _object(step, {"do", "control_percent"}, where).get("control_percent")
    return Op("split", name, percent=_whole(percent, f"{where}.control_percent", 1, 99))


def _stop(step: Any, where: str, name: str) -> Op:
    return Op("stop", name, word=_text(_object(step, {"do", "reason"}, where).get("reason"), f"{where}.reason", 200))


_WRITERS: dict[str, Callable[[Any, str, str], Op]] = {
    "wait": _wait, "wait until": _until, "wait for event": _hear, **dict.fromkeys(SENDS, _send), "split": _split, "stop": _stop,
}  # fmt: skip


# Values


def _object(given: Any, names: set[str], place: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise BadDefinition(f"{place}: write an object with {', '.join(sorted(names))}.")
    if unknown := sorted(set(map(str, given)) - names):
        raise BadDefinition(f"{place}: there is no {', '.join(unknown)}; there are {', '.join(sorted(names))}.")
    return given


def _text(given: Any, place: str, most: int) -> str:
    if not isinstance(given, str) or not given.strip() or len(given) > most or "\0" in given:
        raise BadDefinition(f"{place}: write a text of at most {most} characters.")
    return given.strip()


def _slug(given: Any, place: str) -> str:
    if not isinstance(given, str) or len(given) > 100 or not _SLUG.fullmatch(given):
        raise BadDefinition(f"{place}: write small letters, digits and single hyphens, such as unsold-estimate.")
    return given


def _whole(given: Any, place: str, least: int, most: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise BadDefinition(f"{place}: write a whole number from {least} to {most}.")
    return given


def _optional(given: Any, place: str, least: int, most: int) -> int | None:
    return None if given is None else _whole(given, place, least, most)


def _hours(given: Any, place: str) -> timedelta | None:
    hours = _optional(given, place, 1, 8760)
    return None if hours is None else timedelta(hours=hours)


def _span(given: Any, place: str) -> timedelta:
    match = _SPAN.fullmatch(given) if isinstance(given, str) else None
    span = int(match[1]) * _UNITS[match[2]] if match else timedelta(0)
    if not timedelta(0) < span <= LONGEST:
        raise BadDefinition(f"{place}: write a span such as 30m, 4h, 2d or 1w, at most two years.")
    return span
