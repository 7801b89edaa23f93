"""The org's standard duplicate rule, which knows nothing of our key (contract section 9)."""

from typing import Any

import pytest

from salesforce.sandbox import KEY, Switches
from tests.salesforce.sandbox.caller import Caller, error, row, why

HEADER = "Sforce-Duplicate-Rule-Header"
ANN = {"LastName": "Lee", "Email": "ann@example.com"}


@pytest.fixture
def ruled(caller: Caller) -> Caller:
    caller.switch(duplicate_rule="alert")
    caller.human("create", sobject="Contact", **ANN)
    return caller


def test_it_is_on_unless_somebody_turned_it_off() -> None:
    assert Switches().duplicate_rule == "alert"


def test_a_contact_that_looks_like_another(ruled: Caller) -> None:
    reply = ruled.upsert("1", LastName="LEE", Email="Ann@Example.com")
    assert error(reply) == (400, "DUPLICATES_DETECTED", "Use one of these records?")
    result = reply.json()[0]["duplicateResult"]
    assert (result["allowSave"], result["duplicateRule"]) == (True, "Standard_Contact_Duplicate_Rule")
    match = result["matchResults"][0]["matchRecords"][0]["record"]
    there = ruled.query("SELECT Id FROM Contact")["records"][0]["Id"]
    assert (set(match), match["Id"]) == ({"attributes", "Id"}, there)
    assert result["matchResults"][0]["size"] == 1
    assert ruled.state["Contact"]["alive"] == 1


def test_what_is_no_duplicate(ruled: Caller) -> None:
    assert ruled.upsert("1", LastName="Li", Email=ANN["Email"]).status_code == 201
    assert ruled.upsert("2", LastName="Lee").status_code == 201
    assert ruled.upsert("3", LastName="Lee").status_code == 201  # nothing to compare by
    assert ruled.upsert("9", "Account", Name="Lee").status_code == 201


@pytest.mark.parametrize(
    ("value", "version", "status"),
    [
        ("allowSave=true", 67, 201),
        ("allowSave=true; includeRecordDetails=true", 67, 201),
        ("includeRecordDetails=false, allowSave=TRUE", 67, 201),
        ("allowSave=false", 67, 400),
        ("allowSave=true", 51, 400),  # the header came with 52
    ],
)
def test_the_header_that_saves_all_the_same(ruled: Caller, value: str, version: int, status: int) -> None:
    ruled.headers[HEADER], ruled.version = value, version
    assert ruled.upsert("1", **ANN).status_code == status


def test_the_matches_in_full(ruled: Caller) -> None:
    ruled.headers[HEADER] = "includeRecordDetails=true"
    result = ruled.upsert("1", **ANN).json()[0]["duplicateResult"]
    assert result["matchResults"][0]["matchRecords"][0]["record"]["LastName"] == "Lee"


def test_a_rule_that_blocks(ruled: Caller) -> None:
    ruled.switch(duplicate_rule="block")
    ruled.headers[HEADER] = "allowSave=true"
    assert ruled.upsert("1", **ANN).json()[0]["duplicateResult"]["allowSave"] is False


def test_rows_of_a_collection(ruled: Caller) -> None:
    taken, free = ruled.push({KEY: "1", **ANN}, row("2"))
    assert why(taken)[0] == "DUPLICATES_DETECTED" and free["success"]
    assert taken["errors"][0]["duplicateResult"]["allowSave"] is True
    ruled.switch(duplicate_result_in_rows=False)
    assert set(ruled.push({KEY: "1", **ANN})[0]["errors"][0]) == {"statusCode", "message", "fields"}
    twins: list[dict[str, Any]] = [{KEY: number, "LastName": "Twin", "Email": "t@example.com"} for number in ("3", "4")]
    assert [result["success"] for result in ruled.push(*twins)] == [True, False]


def test_changes_are_looked_at_only_where_the_rule_says_so(ruled: Caller) -> None:
    ruled.upsert("1", LastName="Lee", Email="other@example.com")
    assert ruled.upsert("1", Email=ANN["Email"]).status_code == 200
    ruled.switch(duplicate_on_update=True)
    assert error(ruled.upsert("1", Title="x"))[1] == "DUPLICATES_DETECTED"


def test_by_other_fields(ruled: Caller) -> None:
    ruled.switch(duplicate_fields=["Phone"])
    ruled.upsert("1", LastName="Lee", Phone="5")
    assert error(ruled.upsert("2", LastName="Li", Phone="5"))[1] == "DUPLICATES_DETECTED"
    assert ruled.upsert("3", **ANN).status_code == 201
