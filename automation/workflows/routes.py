"""The way from an older version of a workflow to the newest one: where each step goes, and what is different from there on."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any

from automation.workflows import stored
from automation.workflows.aligning import RESTS, Program, aligned, landed, place, to_come
from automation.workflows.conditions import Condition
from automation.workflows.definitions import Definition, Op
from automation.workflows.models import Version
from automation.workflows.stored import Current, Unreadable

Sent = tuple[str, str]  # kind and template
_SAID_OF = (("goal", "goal"), ("priority", "priority"), ("freshness_minutes", "freshness"), ("expires", "expiry"))


class Route:
    """`why_not`: why nobody can go it, or empty."""

    def __init__(self, version: Version, target: Current) -> None:
        self.version, self.why_not, self._target = version, "", target
        self._new: Program = target.definition.program
        self._known: dict[int, set[Sent]] = {}
        self._definition: Definition | None = None
        try:
            self._definition = stored.readable(version)
        except Unreadable as error:
            self.why_not = str(error)
            return
        if self._definition.entity != target.definition.entity:
            self.why_not = f"It is about {self._definition.entity}s, and the newest about {target.definition.entity}s."

    @property
    def _old(self) -> Program:
        return self._definition.program if self._definition else ()

    @cached_property
    def _pairs(self) -> Mapping[int, int]:
        return aligned(self._old, self._new)

    def goes(self, step: int) -> int:
        return place(self._old, self._new, self._pairs, step)[0]

    def repeats(self, step: int) -> set[Sent]:
        """What it may still send to a run that comes from this step. Who has been sent any of it cannot go."""
        if step not in self._known:
            sends = (op for op in to_come(self._new, self.goes(step)) if op.kind == "send")
            self._known[step] = {(op.word, op.template) for op in sends}
        return self._known[step]

    def stands(self, step: int) -> str:
        return where(self._old, step) if self._definition else f"at instruction {step}"

    def arrives(self, step: int) -> str:
        at, is_there = place(self._old, self._new, self._pairs, step)
        return f"{where(self._new, at)}{'' if is_there else '; the step it stood at is gone'}"

    def way(self, step: int) -> str:
        return f"From version {self.version.number}, {self.stands(step)}, to version {self._target.version.number}, " \
               f"{self.arrives(step)}."  # fmt: skip

    def differs(self, step: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What may come that would not have come, and what comes no longer: messages first."""
        before, after = (Counter(said(op) for op in to_come(program, at) if op.kind != "stop")
                         for program, at in ((self._old, step), (self._new, self.goes(step))))  # fmt: skip
        return _listed(after - before), _listed(before - after)

    def changes(self) -> list[str]:
        """What is different wherever one stands."""
        new, old = self._target.definition, self._definition
        if old is None or self.why_not:
            return []
        found = [
            f"{words}: {_value(getattr(old, name))} becomes {_value(getattr(new, name))}"
            for name, words in _SAID_OF
            if getattr(old, name) != getattr(new, name)
        ]
        return [f"From version {self.version.number}: {'; '.join(found)}."] if found else []


def where(program: Program, at: int) -> str:
    """In words."""
    if at == 0:
        return "at the beginning"
    if program[at - 1].kind in RESTS:
        return f"behind step {program[at - 1].name} ({said(program[at - 1])})"
    at = landed(program, at)
    return f"before step {program[at].name} ({said(program[at])})" if at < len(program) else "at the end"


def said(op: Op) -> str:
    """A step in a few words."""
    words = {
        "wait": f"wait {_span(op.span)}", "until": f"wait until {op.clock:%H:%M}" if op.clock else "",
        "hear": f"wait for {op.word}, at most {_span(op.span)}", "send": f"{op.word} {op.template}",
        "split": f"split with {op.percent} % controls", "stop": f"stop: {op.word}",
    }  # fmt: skip
    return words.get(op.kind) or f"branch: {_condition(op.condition)}"


def _listed(steps: Mapping[str, int]) -> tuple[str, ...]:
    quiet = ("wait", "branch", "split")
    names = sorted(steps, key=lambda name: name.startswith(quiet))
    return tuple(f"{name} ({steps[name]} times)" if steps[name] > 1 else name for name in names)


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    for unit, length in (("w", 10_080), ("d", 1440), ("h", 60)):
        if minutes and minutes % length == 0:
            return f"{minutes // length}{unit}"
    return f"{minutes}m"


def _condition(given: Condition) -> str:
    (kind, parts), = given.items()  # fmt: skip
    rows = [f"({_condition(part)})" if "field" not in part else _row(part) for part in parts]
    return (" and " if kind == "all" else " or ").join(rows) or ("always" if kind == "all" else "never")


def _row(part: Mapping[str, Any]) -> str:
    return " ".join(str(part[name]) for name in ("field", "op", "value") if name in part)


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, timedelta):
        return _span(value)
    return _condition(value) if isinstance(value, Mapping) else str(value)
