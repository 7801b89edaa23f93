"""Names are split, values are made to fit, and each line of a mapping is held against the org's fields."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesforce.mapping.fields import Field, Unfit, coded, fit
from salesforce.mapping.records import problem_of
from salesforce.mapping.sources import split_name
from salesforce.models import FieldMapping


def field(type: str = "string", length: int = 40, **more: Any) -> Field:
    usual = {"name": "X__c", "label": "X", "writable": True, "required": False, "external_id": False, "unique": False}
    return Field(type=type, length=length, **{**usual, **more})


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ann Lee", ("Ann", "Lee")),
        ("Lee, Ann", ("Ann", "Lee")),
        ("Mary Ann Lee", ("Mary Ann", "Lee")),
        ("  Ann   Lee ", ("Ann", "Lee")),
        ("Cher", ("", "Cher")),
        ("Ann & Bob Lee", ("", "Ann & Bob Lee")),
        ("Lee Family Trust", ("", "Lee Family Trust")),
        ("Apartment 12", ("", "Apartment 12")),
        ("A B C D", ("", "A B C D")),
        ("Lee,", ("", "Lee,")),
        (", Ann", ("", ", Ann")),
        ("", ("", "")),
    ],
)
def test_names(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name, company=False) == parts


def test_a_companys_name_is_not_split() -> None:
    assert split_name("Desert Air", company=True) == ("", "Desert Air")


@given(st.text(max_size=60))
def test_nothing_of_a_name_is_lost(name: str) -> None:
    first, last = split_name(name, company=False)
    assert bool(last) == bool(name.split())
    assert sorted("".join(f"{first}{last}".split())) == sorted("".join(name.split()).replace(",", "" if first else ","))


@pytest.mark.parametrize(
    ("type", "value", "sent"),
    [
        ("string", "x" * 50, "x" * 40),
        ("string", Decimal("12.50"), "12.50"),
        ("string", True, "Yes"),
        ("double", Decimal("12.50"), 12.5),
        ("currency", "7.1", 7.1),
        ("int", Decimal("7.9"), 7),
        ("boolean", False, False),
        ("date", date(2026, 1, 2), "2026-01-02"),
        ("date", datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-01"),  # the company's day, not Greenwich's
        ("datetime", datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-02T03:00:00Z"),
    ],
)
def test_values_fit(type: str, value: Any, sent: Any) -> None:
    found, note = fit(field(type), value)
    assert found == sent and bool(note) == (value == "x" * 50)


@pytest.mark.parametrize(("type", "value"), [("double", "many"), ("boolean", "yes"), ("date", "soon"), ("location", 1)])
def test_values_that_cannot_fit(type: str, value: Any) -> None:
    with pytest.raises(Unfit):
        fit(field(type), value)


def test_a_list_takes_its_values_and_labels_only() -> None:
    states = field("picklist", values={"AZ": "Arizona", "NV": "Nevada"})
    assert [fit(states, text)[0] for text in ("AZ", "arizona", "nv")] == ["AZ", "AZ", "NV"]
    with pytest.raises(Unfit, match="Narnia"):
        fit(states, "Narnia")


def test_codes_take_the_place_of_names_where_the_org_has_lists() -> None:
    assert coded({"MailingStateCode": field("picklist")}, "MailingState") == "MailingStateCode"
    assert coded({}, "MailingState") == "MailingState"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"source": "nothing", "target": "X__c"}, "no value named"),
        ({"source": "street", "target": "Y__c"}, "no field Y__c"),
        ({"source": "street", "target": "R__c"}, "cannot be written"),
        ({"source": "street", "target": "ServiceTitan_Customer_ID__c"}, "the key"),
        ({"source": "street", "target": "X__c"}, ""),
    ],
)
def test_lines_of_a_mapping(row: dict[str, str], said: str) -> None:
    fields = {"X__c": field(), "R__c": field(writable=False)}
    problem = problem_of(FieldMapping(sobject="Contact", **row), fields)
    assert said in problem and bool(problem) == bool(said)
