"""Many rows in one call (contract section 4)."""

from typing import Any

import pytest

from salesforce.sandbox import KEY
from tests.salesforce.sandbox.caller import Caller, error, row, why


def test_results_come_in_the_order_of_the_rows(caller: Caller) -> None:
    there = caller.upsert("2", LastName="Li").json()["id"]
    first, second, third = caller.push(row("1"), row("2"), row("3", FirstName="x" * 41))
    assert (first["success"], first["created"], first["errors"]) == (True, True, [])
    assert second == {"id": there, "success": True, "errors": [], "created": False}
    assert set(third) == {"success", "errors"}
    assert why(third)[0] == "STRING_TOO_LONG"
    assert caller.state["limits"]["calls"] == 2


def test_a_failed_row_may_say_created(caller: Caller) -> None:
    caller.switch(created_on_failed="false")
    assert caller.push({KEY: "1"})[0]["created"] is False


def test_two_hundred_and_one_more(caller: Caller) -> None:
    rows = [row(str(number)) for number in range(201)]
    results = caller.push(*rows[:200])
    assert sum(result["created"] for result in results) == 200
    typed = [{"attributes": {"type": "Contact"}, **one} for one in rows]
    reply = caller("PATCH", f"/composite/sobjects/Contact/{KEY}", {"records": typed})
    words = "record limit reached. cannot submit more than 200 records into this call"
    assert error(reply) == (400, "EXCEEDED_ID_LIMIT", words)


def test_a_key_twice_in_one_call_fails_every_time(caller: Caller) -> None:
    caller.upsert("1", LastName="Lee")
    results = caller.push(row("1", "A"), row("2"), row(" 1", "B"))
    for place, value in ((0, "1"), (2, " 1")):
        assert why(results[place]) == ("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", [KEY])
    assert results[1]["success"]
    assert caller.state["Contact"]["changes"] == 0
    assert [result["success"] for result in caller.push(row("a"), row("A"))] == [False, False]
    caller.switch(key_ignores_case=False)
    assert [result["success"] for result in caller.push(row("a"), row("A"))] == [True, True]
    odd = [{"attributes": {"type": "Contact"}, KEY: {"a": 1}, "LastName": "Lee"}]
    assert error(caller("PATCH", f"/composite/sobjects/Contact/{KEY}", {"records": odd}))[1] == "JSON_PARSER_ERROR"


def test_all_or_none(caller: Caller) -> None:
    there = caller.upsert("1", LastName="Lee").json()["id"]
    results = caller.push(row("1", "Changed"), row("2"), {KEY: "3"}, together=True)
    assert [why(result)[0] for result in results] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]
    assert results[0]["id"] == there and "id" not in results[2]
    assert caller.read(there)["LastName"] == "Lee"
    assert caller.state["Contact"]["alive"] == 1
    assert caller.query(f"SELECT Id FROM Contact WHERE {KEY} = '2'")["totalSize"] == 0
    caller.switch(rolled_back_keeps_id=False)
    assert "id" not in caller.push(row("1", "Changed"), {KEY: "3"}, together=True)[0]
    assert all(result["success"] for result in caller.push(row("1"), row("2"), together=True))


def test_all_or_none_in_the_address_is_not_heard(caller: Caller) -> None:
    typed = [{"attributes": {"type": "Contact"}, **one} for one in (row("1"), {KEY: "2"})]
    reply = caller("PATCH", f"/composite/sobjects/Contact/{KEY}", {"records": typed}, allOrNone="true")
    assert [result["success"] for result in reply.json()] == [True, False]


def test_a_row_without_its_key(caller: Caller) -> None:
    results = caller.push({"LastName": "Lee"}, {KEY: None, "LastName": "Lee"}, {KEY: "", "LastName": "Lee"})
    assert [why(result)[0] for result in results] == ["MISSING_ARGUMENT"] * 3
    caller.switch(missing_key="create")
    assert caller.push({"LastName": "Lee"})[0]["created"] is True


def test_an_upsert_by_id(caller: Caller) -> None:
    id = caller.push({"Id": None, "LastName": "Lee"}, key="Id")[0]["id"]
    assert caller.push({"Id": id, "LastName": "Li"}, key="Id")[0] == {
        "id": id,
        "success": True,
        "errors": [],
        "created": False,
    }
    assert why(caller.push({"Id": "rubbish", "LastName": "Li"}, key="Id")[0])[0] == "MALFORMED_ID"


def test_a_wrong_key_fails_the_call_or_every_row(caller: Caller) -> None:
    typed = [{"attributes": {"type": "Contact"}, **row(number)} for number in ("1", "2")]
    words = "Field name provided, Shoe__c does not match an External ID, Salesforce Id, or indexed field for Contact"
    assert error(caller("PATCH", "/composite/sobjects/Contact/Shoe__c", {"records": typed})) == (400, "INVALID_FIELD", words)
    caller.switch(wrong_key_in="rows")
    results = caller("PATCH", "/composite/sobjects/Contact/Shoe__c", {"records": typed}).json()
    assert [why(result)[:2] for result in results] == [("INVALID_FIELD", words)] * 2
    assert error(caller("PATCH", f"/composite/sobjects/Boat/{KEY}", {"records": typed}))[:2] == (404, "NOT_FOUND")


def test_a_row_of_another_object(caller: Caller) -> None:
    body = {"records": [{"attributes": {"type": "Account"}, **row("1")}]}
    path = f"/composite/sobjects/Contact/{KEY}"
    assert why(caller("PATCH", path, body).json()[0])[0] == "INVALID_TYPE"
    caller.switch(foreign_type="ignore")
    assert caller("PATCH", path, body).json()[0]["created"] is True


def test_it_came_with_version_46(caller: Caller) -> None:
    caller.version = 45
    assert caller("PATCH", f"/composite/sobjects/Contact/{KEY}", {"records": []}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"records": 5}, {"records": [5]}, {"records": [{"LastName": "Lee"}]}])
def test_a_body_that_is_none(caller: Caller, body: Any) -> None:
    assert error(caller("PATCH", f"/composite/sobjects/Contact/{KEY}", body))[:2] == (400, "JSON_PARSER_ERROR")


def test_create_update_read_and_delete(caller: Caller) -> None:
    def typed(*rows: dict[str, Any]) -> dict[str, Any]:
        return {"records": [{"attributes": {"type": one.pop("type", "Contact")}, **one} for one in rows]}

    made = caller("POST", "/composite/sobjects", typed({"LastName": "Lee"}, {"type": "Account", "Name": "Ltd"}, {"type": "Boat"}))
    contact, account, boat = made.json()
    assert set(contact) == {"id", "success", "errors"} and account["id"].startswith("001")
    assert why(boat)[0] == "INVALID_TYPE"
    changed = caller("PATCH", "/composite/sobjects", typed({"Id": contact["id"], "Title": "x"}, {"Title": "y"})).json()
    assert changed[0] == {"id": contact["id"], "success": True, "errors": []}
    assert why(changed[1])[0] == "MISSING_ARGUMENT"
    read = caller("GET", "/composite/sobjects/Contact", ids=f"{contact['id']},0037w0000000zzzAAA", fields="Title").json()
    assert (read[0]["Title"], read[1]) == ("x", None)
    ids = f"{contact['id']},0037w0000000zzzAAA"
    assert [row["success"] for row in caller("DELETE", "/composite/sobjects", ids=ids, allOrNone="true").json()] == [False, False]
    assert caller.read(contact["id"])["Title"] == "x"
    assert [row["success"] for row in caller("DELETE", "/composite/sobjects", ids=ids).json()] == [True, False]
    assert caller.state["Contact"]["deleted"] == 1


def test_a_save_that_changes_nothing_is_counted(caller: Caller) -> None:
    caller.push(row("1"))
    caller.push(row("1"))
    caller.push(row("1", Title="x"))
    counts = caller.state["Contact"]
    assert (counts["changes"], counts["idle"]) == (2, 1)
