"""Definitions in plain English."""

from datetime import timedelta
from typing import Any

import pytest

from automation.workflows import files, stored, wording
from automation.workflows.conditions import OPERATORS
from automation.workflows.definitions import read
from automation.workflows.events import KINDS, TIMED

BASE: dict[str, Any] = {"name": "test", "title": "Test", "trigger": {"event": "estimate.created"}}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"field": "estimate.subtotal", "op": "at least", "value": 5000}, "estimate subtotal is at least 5,000"),
        ({"field": "estimate.status", "op": "is", "value": "Open"}, "estimate status is “Open”"),
        ({"field": "job.job_status", "op": "is one of", "value": ["Hold", "Done"]}, "job status is one of “Hold”, “Done”"),
        ({"field": "estimate.sold_on", "op": "more than days ago", "value": 3}, "estimate sold on is more than 3 days ago"),
        ({"field": "customer.email", "op": "is empty"}, "customer email is empty"),
        ({"field": "customer.do_not_service", "op": "is not true"}, "customer do not service is no"),
        ({"field": "estimate.tax", "op": "less than", "value": 0.5}, "estimate tax is less than 0.5"),
        ({"field": "customer.name", "op": "is", "value": "{}"}, "customer name is “{}”"),
    ],
)
def test_a_row(row: dict[str, Any], said: str) -> None:
    assert wording.row(row) == said


def test_groups_in_groups() -> None:
    a, b, c = ({"field": f"job.{name}", "op": "is empty"} for name in "abc")
    assert wording.condition({"all": [a, {"any": [b, c]}]}) == "job a is empty and (job b is empty or job c is empty)"
    assert wording.condition({"any": [{"all": [a]}]}) == "job a is empty"
    assert wording.condition({"all": []}) == "always"
    assert wording.condition({"any": []}) == "never"
    assert wording.condition_lines({"any": [a, {"all": [b, c]}]}) == ["Job a is empty", "or (job b is empty and job c is empty)"]
    assert wording.condition_lines({"all": []}) == ["Always"]


def test_every_event_and_operator_has_words() -> None:
    assert set(wording.EVENTS) == set(KINDS)
    assert {kind for kind in KINDS if "{days}" in wording.EVENTS[kind]} == set(TIMED) - {"appointment.tomorrow"}
    for known in OPERATORS.values():
        for op, (takes, _) in known.items():
            said = wording.row({"field": "job.x", "op": op, **({"value": 7} if takes else {})})
            assert said.startswith("job x ") and ("7" in said) is bool(takes), op


def test_steps_as_people_count_them() -> None:
    steps = [
        {"do": "split", "control_percent": 10},
        {"do": "wait", "for": "36h"},
        {"do": "wait until", "clock": "12:30"},
        {
            "do": "branch",
            "if": {"all": [{"field": "estimate.subtotal", "op": "at least", "value": 1}]},
            "then": [{"do": "wait for event", "event": "estimate.sold", "at_most": "1d"}],
            "else": [{"do": "branch", "if": {"all": []}, "then": [{"do": "stop", "reason": "enough"}],
                      "else": [{"do": "notify staff", "template": "call"}]}, {"do": "send email", "template": "b"}],
        },
    ]  # fmt: skip
    lines = [(line.depth, line.name, line.text) for line in wording.outline(read({**BASE, "steps": steps}).program)]
    assert lines == [
        (0, "1", "Put 10 % into the control group, which gets nothing"),
        (0, "2", "Wait 36 hours"),
        (0, "3", "Wait until it is 12:30 PM"),
        (0, "4", "If estimate subtotal is at least 1:"),
        (1, "4.then.1", "Wait until an estimate is sold, at most 1 day"),
        (0, "", "Otherwise:"),
        (1, "4.else.1", "If always:"),
        (2, "4.else.1.then.1", "Stop: enough"),
        (1, "", "Otherwise:"),
        (2, "4.else.1.else.1", "Notify staff: call"),
        (1, "4.else.2", "Send e-mail b"),
    ]


def test_where_somebody_is() -> None:
    definition = read({**BASE, "steps": [{"do": "wait", "for": "1d"}, {"do": "send sms", "template": "a"}]})
    said = [wording.where(definition, place) for place in range(3)]
    assert said == ["Before step 1: Wait 1 day", "Step 1: Wait 1 day", "After the last step"]


@pytest.mark.parametrize(
    ("span", "said"),
    [(timedelta(minutes=1), "1 minute"), (timedelta(minutes=90), "90 minutes"), (timedelta(days=7), "7 days"),
     (timedelta(hours=25), "25 hours")],
)  # fmt: skip
def test_spans(span: timedelta, said: str) -> None:
    assert wording.span(span) == said


def test_the_ready_made_ones_read_well() -> None:
    for content in stored.ready():
        definition = read(content)
        said = [*(text for _, text in wording.rules(definition)), *(line.text for line in wording.outline(definition.program))]
        said += [*wording.condition_lines(definition.entry), wording.event(definition.event, definition.days)]
        assert all(said) and not [text for text in said if "{" in text or "None" in text]


def test_a_file_is_in_the_usual_order_whatever_the_database_made_of_it() -> None:
    for content in stored.ready():
        shuffled = dict(sorted(content.items()))
        assert files.ordered(shuffled) == content
        assert list(files.ordered(shuffled)) == list(files.ordered(content))
        assert list(files.ordered(shuffled))[:3] == ["name", "title", "trigger"]
