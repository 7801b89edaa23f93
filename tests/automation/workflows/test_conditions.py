"""One compiler for counting and for deciding; nothing of a condition is ever evaluated."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automation.workflows.conditions import OPERATORS, BadCondition, check, holds_for, matching
from automation.workflows.entities import ENTITIES, FLAG, MOMENT, NUMBER, TEXT, fields_of
from config.isolation.actor import acting_as
from tests.mirror import customer, estimate, load, moment

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
NOW = datetime.now(UTC)


def row(field: str, op: str, *value: Any) -> dict[str, Any]:
    return {"all": [{"field": field, "op": op, **({"value": value[0]} if value else {})}]}


@pytest.fixture
def three(transactional_db: None) -> None:
    load("customers", customer(1, "Ann Lee"), customer(2, "Desert Air", type="Commercial"), customer(3, "Bob Ray", type=None))
    load("estimates", estimate(11, 1, "Open", 900), estimate(12, 2, "Sold", 5000), estimate(13, 3, "Open", 100, active=False))
    load("estimates", estimate(14, 99, "Dismissed", 10, createdOn=moment(-40)))


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ({"all": []}, {11, 12, 13, 14}),
        ({"any": []}, set()),
        (row("estimate.status", "is", "OPEN"), {11, 13}),
        (row("estimate.status", "is not", "Open"), {12, 14}),
        (row("estimate.status", "is one of", ["sold", "Dismissed"]), {12, 14}),
        (row("estimate.subtotal", "at least", 900), {11, 12}),
        (row("estimate.subtotal", "less than", "100.5"), {13, 14}),
        (row("customer.type", "is", "commercial"), {12}),
        (row("customer.type", "is not", "Commercial"), {11}),
        (row("customer.type", "is empty"), {13, 14}),
        (row("estimate.active", "is not true"), {13}),
        (row("estimate.created_on", "more than days ago", 30), {14}),
        (row("estimate.created_on", "within the last days", 30), {11, 12, 13}),
        (row("estimate.name", "contains", "pump 12"), {12}),
        ({"any": [*row("estimate.subtotal", "more than", 4000)["all"], row("customer.name", "starts with", "ann")]}, {11, 12}),
        ({"any": [{"all": []}, *row("estimate.subtotal", "more than", 4000)["all"]]}, {11, 12, 13, 14}),
        ({"all": [{"any": []}]}, set()),
    ],
)
def test_what_matches(three: None, condition: dict[str, Any], ids: set[int]) -> None:
    with acting_as("automation"):
        assert set(matching("estimate", condition, NOW).values_list("pk", flat=True)) == ids
        for id in (11, 12, 13, 14):
            assert holds_for("estimate", condition, [id], NOW) == ids & {id}


def test_a_text_is_never_more_than_a_text(three: None) -> None:
    evil = "'; DROP TABLE servicetitan.st_estimates; --"
    with acting_as("automation"):
        assert not matching("estimate", row("estimate.name", "contains", evil), NOW).exists()
        assert not matching("estimate", row("estimate.name", "contains", "%"), NOW).exists()


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ([], "write {'all'"),
        ({"all": [], "any": []}, "write {'all'"),
        ({"all": "x"}, "write a list"),
        ({"all": [{"field": "estimate.nothing", "op": "is", "value": 1}]}, "no field"),
        ({"all": [{"field": "estimate.raw", "op": "is empty"}]}, "no field"),
        ({"all": [{"field": "estimate.subtotal", "op": "contains", "value": "x"}]}, "is a number, which takes"),
        ({"all": [{"field": "estimate.subtotal", "op": "at least"}]}, "takes a value"),
        ({"all": [{"field": "estimate.subtotal", "op": "at least", "value": "much"}]}, "no number"),
        ({"all": [{"field": "estimate.subtotal", "op": "at least", "value": "NaN"}]}, "out of range"),
        ({"all": [{"field": "estimate.active", "op": "is true", "value": True}]}, "takes no value"),
        ({"all": [{"field": "estimate.status", "op": "is one of", "value": []}]}, "list of 1 to"),
        ({"all": [{"field": "estimate.status", "op": "is", "value": "x\0"}]}, "text of at most"),
        ({"all": [{"field": "estimate.status", "op": "is", "value": "x", "more": 1}]}, "write field, op"),
        ({"all": [{"all": [{"all": [{"all": [{"all": [{"all": []}]}]}]}]}]}, "in at most"),
        ({"all": [{"field": "estimate.status", "op": "is", "value": "x"}] * 51}, "at most 50 rows"),
    ],
)
def test_what_is_refused(condition: Any, said: str) -> None:
    with pytest.raises(BadCondition, match=said):
        check("estimate", condition)


def _values(kind: str) -> st.SearchStrategy[Any]:
    if kind == TEXT:
        return st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=10)
    return st.decimals(-1000, 1000, places=2).map(str) if kind == NUMBER else st.integers(0, 400)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    field = draw(st.sampled_from(sorted(fields_of("estimate").values(), key=lambda one: one.name)))
    op = draw(st.sampled_from(sorted(OPERATORS[field.kind])))
    takes = OPERATORS[field.kind][op][0]
    found: dict[str, Any] = {"field": field.name, "op": op}
    if takes:
        one = _values(field.kind)
        found["value"] = draw(one if takes == "one" else st.lists(one, min_size=1, max_size=3))
    return found


CONDITIONS = st.recursive(
    st.builds(lambda kind, parts: {kind: parts}, st.sampled_from(["all", "any"]), st.lists(rows(), max_size=3)),
    lambda inner: st.builds(lambda kind, parts: {kind: parts}, st.sampled_from(["all", "any"]), st.lists(inner, max_size=2)),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=CONDITIONS)
def test_counting_and_deciding_agree_and_never_fail(three: None, condition: dict[str, Any]) -> None:
    ids = [11, 12, 13, 14]
    with acting_as("automation"):
        check("estimate", condition)
        counted = set(matching("estimate", condition, NOW).values_list("pk", flat=True))
        assert holds_for("estimate", condition, ids, NOW) == counted
        assert {id for id in ids if holds_for("estimate", condition, [id], NOW)} == counted


def test_every_entity_has_fields_of_every_kind() -> None:
    for entity in ENTITIES:
        kinds = {field.kind for field in fields_of(entity).values()}
        assert {TEXT, NUMBER, FLAG, MOMENT} <= kinds
    assert "customer.type" in fields_of("invoice") and "job_type.name" in fields_of("appointment")
