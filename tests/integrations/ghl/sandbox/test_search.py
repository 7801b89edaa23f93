"""Finding contacts, and a search that lags behind writes (contract section 5)."""

from datetime import timedelta
from typing import Any

import pytest

from integrations.ghl.sandbox import Sandbox
from tests.integrations.ghl.sandbox.caller import Caller


@pytest.fixture
def people(app: Sandbox, caller: Caller) -> list[dict[str, Any]]:
    made = []
    for number in range(5):
        city = "Troy" if number % 2 else "Rome"
        made.append(caller.contact(email=f"p{number}@example.com", phone=f"+1555010000{number}", city=city))
        app.account.clock.advance(timedelta(seconds=1))
    return made


def eq(field: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": "eq", "value": value}


@pytest.mark.parametrize("field", ["email", "phone", "id", "city"])
def test_by_one_field(either: Caller, people: list[dict[str, Any]], field: str) -> None:
    found = either.search(eq(field, people[3][field]))
    assert people[3]["id"] in [row["id"] for row in found]
    assert {row[field] for row in found} == {people[3][field]}


def test_groups_and_operators(caller: Caller, people: list[dict[str, Any]]) -> None:
    either_of = {"group": "OR", "filters": [eq("email", "p0@example.com"), eq("city", "Troy")]}
    assert len(caller.search(either_of)) == 3
    assert len(caller.search({"field": "email", "operator": "contains", "value": "p1"})) == 1
    assert len(caller.search({"field": "email", "operator": "not_contains", "value": "p1"})) == 4
    assert len(caller.search({"field": "source", "operator": "not_exists"})) == 5
    assert len(caller.search({"field": "dateAdded", "operator": "range", "value": {"gte": people[3]["dateAdded"]}})) == 2


def test_by_dnd_and_custom_field(caller: Caller, people: list[dict[str, Any]]) -> None:
    field = caller.field("st customer id")
    values = {"dndSettings": {"SMS": {"status": "active"}}, "customFields": [{"id": field, "field_value": "9"}]}
    caller("PUT", f"/contacts/{people[2]['id']}", values)
    for part in (eq("dndSettings.SMS.status", "active"), eq(f"customFields.{field}", "9")):
        assert [row["id"] for row in caller.search(part)] == [people[2]["id"]]


def test_pages_and_cursors_see_everybody_once(either: Caller, people: list[dict[str, Any]]) -> None:
    body = {"locationId": either.location, "pageLimit": 2}
    pages = [either("POST", "/contacts/search", {**body, "page": page}).json for page in (1, 2, 3)]
    assert pages[0]["total"] == 5
    assert [row["id"] for page in pages for row in page["contacts"]] == [row["id"] for row in reversed(people)]
    seen: list[Any] = []
    after: dict[str, Any] = {}
    while rows := either("POST", "/contacts/search", {**body, **after}).json["contacts"]:
        seen += rows
        after = {"searchAfter": rows[-1]["searchAfter"]}
    assert [row["id"] for row in seen] == [row["id"] for row in reversed(people)]


def test_sorting_with_a_cursor(caller: Caller, people: list[dict[str, Any]]) -> None:
    order = [{"field": "email", "direction": "asc"}]
    first = caller.search(sort=order, pageLimit=3)
    rest = caller.search(sort=order, pageLimit=3, searchAfter=first[-1]["searchAfter"])
    assert [row["email"] for row in (*first, *rest)] == [f"p{number}@example.com" for number in range(5)]


@pytest.mark.parametrize(
    "body",
    [
        {"pageLimit": 10},
        {"locationId": "*"},
        {"locationId": "*", "pageLimit": 501},
        {"locationId": "*", "pageLimit": 500, "page": 21},
        {"locationId": "*", "pageLimit": 10, "query": "x" * 76},
        {"locationId": "*", "pageLimit": 10, "filters": [{"field": "email", "operator": "like"}]},
        {"locationId": "*", "pageLimit": 10, "colour": "red"},
    ],
)
def test_bad_searches(either: Caller, body: dict[str, Any]) -> None:
    body = {**body, **({"locationId": either.location} if "locationId" in body else {})}
    assert either("POST", "/contacts/search", body).status == 422


def test_the_search_lags_behind_what_is_written(app: Sandbox, caller: Caller) -> None:
    caller.switch(search_lag=5)
    made = caller.contact(email="a@example.com")
    assert caller.search(eq("email", "a@example.com")) == []
    assert caller("POST", "/contacts/search", {"locationId": caller.location, "pageLimit": 1}).json["total"] == 0
    assert caller("GET", f"/contacts/{made['id']}").status == 200
    app.account.clock.advance(timedelta(seconds=5))
    assert len(caller.search(eq("email", "a@example.com"))) == 1
    caller("PUT", f"/contacts/{made['id']}", {"email": "b@example.com"})
    assert len(caller.search(eq("email", "a@example.com"))) == 1  # the old address is still believed
    assert caller.search(eq("email", "b@example.com")) == []
    app.account.clock.advance(timedelta(seconds=5))
    assert len(caller.search(eq("email", "b@example.com"))) == 1
    caller("DELETE", f"/contacts/{made['id']}")
    assert len(caller.search(eq("email", "b@example.com"))) == 1
    app.account.clock.advance(timedelta(seconds=5))
    assert caller.search() == []


def test_the_duplicate_look_up(either: Caller, people: list[dict[str, Any]]) -> None:
    def look(**query: str) -> Any:
        return either("GET", "/contacts/search/duplicate", locationId=either.location, **query).json["contact"]

    assert look(email="P1@example.com")["id"] == people[1]["id"]
    assert look(number="(555) 010-0002")["id"] == people[2]["id"]
    assert look(email="nobody@example.com") is None
    either.switch(duplicate_search_lags=True, search_lag=600)
    assert look(email="P1@example.com") is None


def test_searches_that_show_less(caller: Caller, people: list[dict[str, Any]]) -> None:
    caller("PUT", f"/contacts/{people[0]['id']}", {"dndSettings": {"SMS": {"status": "active"}}})
    caller.switch(search_lacks_dnd=True, phone_search_misses=1.0)
    assert "dndSettings" not in caller.search(eq("email", "p0@example.com"))[0]
    assert caller.search(eq("phone", "+15550100000")) == []


def test_the_deprecated_list(caller: Caller, people: list[dict[str, Any]]) -> None:
    first = caller("GET", "/contacts/", locationId=caller.location, limit=3).json
    rest = caller("GET", "/contacts/", locationId=caller.location, startAfterId=first["meta"]["startAfterId"]).json
    assert len(first["contacts"]) + len(rest["contacts"]) == first["count"] == 5
    caller.version = "v3"
    gone = caller.raw("GET", "/contacts/", caller.headers())
    assert (gone.status, gone.json["message"]) == (400, "Endpoint GET /contacts/ not available in API version v3")
