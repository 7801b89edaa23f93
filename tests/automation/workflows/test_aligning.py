"""Which step of a new program is which of the old one, and what may still come from a place."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.workflows.aligning import aligned, place, to_come
from automation.workflows.definitions import Op
from automation.workflows.routes import said
from tests.automation.workflows.conftest import wait
from tests.automation.workflows.programs import BIG, BIGGER, DAY, PROGRAMS, TWO, WEEK, A, B, C, D, Steps, branch, program


@pytest.mark.parametrize(
    ("old", "new", "step", "goes", "is_there"),
    [
        ([A, DAY, B], [A, DAY, B], 2, 2, True),
        ([A, DAY, B], [A, DAY, C, B], 2, 2, True),  # behind the same wait: gets what was put in
        ([A, DAY, B], [A, TWO, C, B], 2, 3, True),  # the wait was changed: before the same step
        ([A, DAY, B, C], [A, TWO, C], 2, 2, False),  # the step is gone: the next one
        ([A, DAY, B], [A, TWO, C], 2, 3, False),  # nothing is left of what was ahead
        ([A, DAY], [A, DAY, B], 2, 2, True),  # it sits in the last step
        ([A, DAY, B], [D, A, DAY, B], 0, 0, True),  # it has taken nothing
        ([DAY, B, TWO, C], [TWO, C, DAY, B], 1, 3, True),
        # in a branch, its condition changed or not: before or in the same part of it
        ([DAY, branch([A, TWO, B], [C])], [WEEK, branch([A, TWO, B], [C], BIGGER)], 1, 1, True),
        ([DAY, branch([A, TWO, B], [C])], [DAY, branch([A, TWO, D, B], [C], BIGGER)], 4, 4, True),
        ([DAY, branch([A, TWO], [C]), D], [DAY, branch([A, TWO], [C]), D], 4, 4, True),
        # a part that is gone, or went to where it is decided otherwise: behind the branch, never into another part
        ([branch([A, TWO, B], [C]), D], [branch([A], [TWO, B]), D], 3, 5, False),
        ([DAY, A, TWO, B], [DAY, branch([A, TWO, B], [C])], 3, 7, False),
        ([branch([A, TWO, B], [C]), D], [A, WEEK, B, D], 3, 3, False),
    ],
)
def test_places(old: Steps, new: Steps, step: int, goes: int, is_there: bool) -> None:
    before, after = program(old), program(new)
    assert place(before, after, aligned(before, after), step) == (goes, is_there)


def test_what_may_come() -> None:
    steps = program([A, branch([B, {"do": "stop", "reason": "enough"}], [C]), D])
    assert [op.template for op in to_come(steps, 2) if op.kind == "send"] == ["b"]
    assert [op.template for op in to_come(steps, 5) if op.kind == "send"] == ["c", "d"]
    assert to_come(steps, len(steps)) == []


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (wait("48h"), "wait 2d"), (wait("90m"), "wait 90m"), (wait("2w"), "wait 2w"), (A, "sms a"),
        ({"do": "wait until", "clock": "09:30"}, "wait until 09:30"), ({"do": "notify staff", "template": "x"}, "staff x"),
        ({"do": "wait for event", "event": "estimate.sold", "at_most": "3h"}, "wait for estimate.sold, at most 3h"),
        ({"do": "split", "control_percent": 7}, "split with 7 % controls"), ({"do": "stop", "reason": "So."}, "stop: So."),
        (branch([A], [], {"any": [BIG, {"field": "estimate.name", "op": "is empty"}]}),
         "branch: (estimate.subtotal at least 1000) or estimate.name is empty"),
    ],
)  # fmt: skip
def test_steps_in_words(step: dict[str, Any], words: str) -> None:
    assert said(program([step, A])[0]) == words


def sends_on_any_way(steps: Sequence[Op], at: int) -> set[str]:
    """By taking every way there is, as the engine takes steps."""
    if at >= len(steps) or steps[at].kind == "stop":
        return set()
    op = steps[at]
    if op.kind == "branch":
        return sends_on_any_way(steps, at + 1) | sends_on_any_way(steps, op.to)
    own = {f"{op.word} {op.template}"} if op.kind == "send" else set()
    return own | sends_on_any_way(steps, op.to if op.kind == "jump" else at + 1)


@given(PROGRAMS, PROGRAMS, st.data())
def test_pairs_keep_order_and_parts_and_places_exist(old: tuple[Op, ...], new: tuple[Op, ...], data: st.DataObject) -> None:
    pairs = aligned(old, new)
    assert [pairs[at] for at in sorted(pairs)] == sorted(set(pairs.values()))
    for before, after in pairs.items():
        assert [part for part in old[before].name.split(".") if not part.isdigit()] == [
            part for part in new[after].name.split(".") if not part.isdigit()
        ]
    step = data.draw(st.integers(0, len(old)))
    assert 0 <= place(old, new, pairs, step)[0] <= len(new)
    assert {f"{op.word} {op.template}" for op in to_come(new, step) if op.kind == "send"} == sends_on_any_way(new, step)


@given(PROGRAMS)
def test_to_the_same_program_everybody_stays_where_he_is(same: tuple[Op, ...]) -> None:
    pairs = aligned(same, same)
    assert all(pairs[at] == at for at, op in enumerate(same) if op.kind != "jump")
    for step in range(len(same) + 1):
        goes, is_there = place(same, same, pairs, step)
        assert is_there and sends_on_any_way(same, goes) == sends_on_any_way(same, step)
