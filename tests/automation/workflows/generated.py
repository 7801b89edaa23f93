"""Definitions of every kind of step, and long enough that something happens in them."""

from typing import Any

from hypothesis import strategies as st

KINDS = ("estimate.created", "estimate.sold", "estimate.dismissed", "job.created")


def _row(op: str, field: str, value: Any) -> dict[str, Any]:
    return {"field": f"estimate.{field}", "op": op, "value": value}


CONDITIONS = st.sampled_from([
    {"all": [_row("is", "status", "Open")]},
    {"all": [_row("at least", "subtotal", 500), _row("is", "status", "Open")]},
    {"any": [_row("at least", "subtotal", 2000), _row("is", "status", "Sold")]},
])  # fmt: skip
SPANS = st.sampled_from(["30m", "4h", "1d", "3d"])
SENDS = st.sampled_from(["send sms", "send email", "notify staff"]).map(lambda do: {"do": do, "template": "hello"})
WAITS = st.one_of(
    st.fixed_dictionaries({"do": st.just("wait"), "for": SPANS}),
    st.fixed_dictionaries({"do": st.just("wait until"), "clock": st.sampled_from(["00:00", "09:08", "23:30"])}),
    st.fixed_dictionaries({"do": st.just("wait for event"), "event": st.sampled_from(KINDS), "at_most": SPANS}),
)
SPLIT = st.just({"do": "split", "control_percent": 50})
STOP = st.just([{"do": "stop", "reason": "That is enough."}])


def _branch(inner: Any) -> Any:
    return st.fixed_dictionaries({"do": st.just("branch"), "if": CONDITIONS, "then": inner}, optional={"else": inner | STOP})


LEAVES = st.tuples(SENDS, WAITS, SENDS).map(list)
BRANCHES = _branch(LEAVES) | _branch(st.tuples(WAITS, _branch(LEAVES), SENDS).map(list))
STEPS = st.tuples(WAITS | SENDS, SPLIT | BRANCHES | SENDS, WAITS, BRANCHES | WAITS, SENDS, WAITS | BRANCHES, SENDS).map(list)
CONTENTS = st.fixed_dictionaries(
    {
        "trigger": st.sampled_from(KINDS[:3]).map(lambda kind: {"event": kind}),
        "entry": st.just({"all": []}) | CONDITIONS,
        "reentry": st.sampled_from(["again", "once", {"after_days": 2}]),
        "steps": STEPS,
    },
    optional={"goal": st.just({"all": [_row("is", "status", "Sold")]})},
)
