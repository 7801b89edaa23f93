"""Steps to write programs of, and programs by chance."""

from typing import Any

from hypothesis import strategies as st

from automation.workflows.definitions import Op, read
from tests.automation.workflows.conftest import sms, wait

BIG = {"all": [{"field": "estimate.subtotal", "op": "at least", "value": 1000}]}
BIGGER = {"all": [{"field": "estimate.subtotal", "op": "at least", "value": 2000}]}
Steps = list[dict[str, Any]]


def branch(then: Steps, other: Steps, condition: Any = BIG) -> dict[str, Any]:
    return {"do": "branch", "if": condition, "then": then, "else": other}


def program(steps: Steps) -> tuple[Op, ...]:
    return read({"name": "t", "title": "T", "trigger": {"event": "estimate.created"}, "steps": steps}).program


A, B, C, D = sms("a"), sms("b"), sms("c"), sms("d")
DAY, TWO, WEEK = wait("1d"), wait("2d"), wait("1w")

SENDS = st.sampled_from([sms(name) for name in "abcde"] + [{"do": "send email", "template": "a"}])
OTHERS = st.sampled_from([DAY, TWO, {"do": "wait until", "clock": "09:00"}, {"do": "stop", "reason": "So."},
                          {"do": "wait for event", "event": "estimate.sold", "at_most": "1d"}])  # fmt: skip
PLAIN = st.one_of(SENDS, OTHERS)
STEPS = st.recursive(
    st.lists(PLAIN, min_size=1, max_size=5),
    lambda inner: st.lists(
        st.one_of(PLAIN, st.builds(branch, inner, inner | st.just([]), st.sampled_from([BIG, BIGGER]))), min_size=1, max_size=6
    ),
    max_leaves=12,
)
PROGRAMS_AS_WRITTEN = STEPS.map(lambda steps: [*steps, sms("last")])
PROGRAMS = PROGRAMS_AS_WRITTEN.map(program)
