"""The controls, what people do behind the integration's back, counting, and size."""

import sys
import threading
from datetime import timedelta
from typing import Any

import pytest

from integrations.ghl.sandbox import Account, Sandbox, create_app
from tests.integrations.ghl.sandbox.caller import Caller


def human(caller: Caller, act: str, **values: Any) -> Any:
    reply = caller.control("POST", "human", {"act": act, **values})
    assert reply.status == 200, reply.json
    return reply.json


@pytest.fixture
def ann(caller: Caller) -> dict[str, Any]:
    return caller.contact(email="ann@example.com", firstName="Ann")


def test_state_counts_what_was_made(caller: Caller, ann: dict[str, Any]) -> None:
    caller("DELETE", f"/contacts/{ann['id']}")
    human(caller, "create_contact", email="bob@example.com")
    state = caller.control("GET", "state").json
    assert state["contacts"] == {"alive": 1, "created": 1, "createdByHumans": 1, "changes": 0, "deleted": 1}
    assert state["surplus"]["contacts"] == {"email": 0, "phone": 0}
    assert state["limits"]["today"] == 2
    assert state["traffic"]["calls"]["/contacts/{id}"] == 1


def test_duplicates_can_be_counted_from_outside(caller: Caller, ann: dict[str, Any]) -> None:
    caller.switch(allow_duplicate_contact=True, allow_duplicate_opportunity=True)
    field = caller.field("st estimate id", "opportunity")
    again = caller.contact(email="ANN@example.com")
    caller("DELETE", f"/contacts/{again['id']}")  # made is made
    for estimate in ("1", "2", "2"):
        caller.card(ann["id"], customFields=[{"id": field, "field_value": estimate}])
    found = caller.control("GET", "identities/contacts/email").json
    assert (found["surplus"], found["repeated"]) == (1, {"ann@example.com": [ann["id"], again["id"]]})
    assert caller.control("GET", "identities/opportunities/opportunity.st_estimate_id").json["surplus"] == 1
    surplus = caller.control("GET", "state").json["surplus"]
    assert surplus["opportunities"] == {"card": 2, "opportunity.st_estimate_id": 1}
    assert caller.control("GET", "identities/contacts/contact.nothing").status == 404


def test_records_as_they_truly_are(caller: Caller, ann: dict[str, Any]) -> None:
    caller.switch(search_lag=500)
    assert [row["id"] for row in caller.control("GET", "records/contacts").json] == [ann["id"]]
    assert caller.control("GET", f"records/contacts/{ann['id']}").json["email"] == "ann@example.com"
    assert caller.control("GET", "records/contacts/nobody").status == 404
    assert caller.control("GET", "records/invoices").status == 404


def test_a_human_edits_and_deletes(caller: Caller, ann: dict[str, Any]) -> None:
    human(caller, "edit_contact", id=ann["id"], phone="555 010 0009", city="Troy")
    assert caller("GET", f"/contacts/{ann['id']}").json["contact"]["phone"] == "+15550100009"
    human(caller, "delete_contact", id=ann["id"])
    assert caller("GET", f"/contacts/{ann['id']}").status == 400


def test_a_human_merges_two_contacts(caller: Caller, ann: dict[str, Any]) -> None:
    other = caller.contact(email="ann.lee@example.com", phone="+15550100003", tags=["vip"])
    card = caller.card(other["id"]).json["opportunity"]["id"]
    kept = human(caller, "merge_contacts", source=other["id"], target=ann["id"])
    assert (kept["email"], kept["phone"], kept["tags"]) == ("ann@example.com", "+15550100003", ["vip"])
    assert kept["additionalEmails"] == ["ann.lee@example.com"]
    assert caller("GET", f"/contacts/{other['id']}").status == 400
    assert caller("GET", f"/opportunities/{card}").json["opportunity"]["contactId"] == ann["id"]


def test_dnd_set_by_a_human_and_by_the_customer(either: Caller) -> None:
    id = either.contact(email="a@example.com")["id"]
    human(either, "set_dnd", id=id, channel="email")
    human(either, "stop", id=id)
    settings = either("GET", f"/contacts/{id}").json["contact"]["dndSettings"]
    assert settings["email" if either.v3 else "Email"]["code"] == "103"
    assert settings["sms" if either.v3 else "SMS"] == {"status": "permanent", "message": "STOP_KEYWORD"}
    assert human(either, "set_dnd", id=id)["dnd"] is True


def test_a_human_works_on_cards(caller: Caller, ann: dict[str, Any]) -> None:
    card = caller.card(ann["id"]).json["opportunity"]["id"]
    moved = human(caller, "move_opportunity", id=card, stage="Follow Up")
    assert moved["pipelineStageId"] == caller.pipeline()["stages"][2]["id"]
    other = caller.pipeline(1)
    assert human(caller, "move_opportunity", id=card, stage=other["stages"][1]["id"])["pipelineId"] == other["id"]
    assert human(caller, "edit_opportunity", id=card, status="won")["status"] == "won"
    assert human(caller, "create_opportunity", contactId=ann["id"], pipelineId=other["id"])["name"] == "By hand"
    human(caller, "delete_opportunity", id=card)
    assert caller("GET", f"/opportunities/{card}").status == 400


def test_pipelines_can_change(caller: Caller) -> None:
    before = caller.pipeline()
    caller.control("PUT", "pipelines", {"Sales": ["Sold", "New stage"]})
    after = caller.pipeline()
    assert (after["id"], after["stages"][0]["id"]) == (before["id"], before["stages"][3]["id"])
    assert len(caller.app.account.pipelines) == 1


def test_reset_gives_the_first_day_again(caller: Caller, ann: dict[str, Any]) -> None:
    caller.control("POST", "advance", {"hours": 5})
    caller.control("PUT", "switches", {"latency": 0.1})
    caller.control("PUT", "faults", [{"action": "drop"}])
    state = caller.control("POST", "reset", {}).json
    assert (state["contacts"]["alive"], state["switches"]["latency"], state["faults"]["rules"]) == (0, 0, [])
    assert caller.contact(email="ann@example.com", firstName="Ann") == ann


@pytest.mark.parametrize(
    ("method", "name", "value", "status"),
    [
        ("PUT", "switches", {"colour": 1}, 400),
        ("PUT", "switches", {"dedupe_first": "name"}, 400),
        ("PUT", "faults", [{"action": "explode"}], 400),
        ("PUT", "webhooks", {"url": "https://example.com/"}, 400),
        ("POST", "human", {"act": "sing"}, 400),
        ("POST", "human", {"act": "delete_contact", "id": "nobody"}, 404),
        ("POST", "advance", {"hours": -1}, 400),
        ("POST", "nothing", {}, 404),
    ],
)
def test_rubbish_is_refused(caller: Caller, method: str, name: str, value: Any, status: int) -> None:
    assert caller.control(method, name, value).status == status


def test_only_callers_on_this_machine(caller: Caller) -> None:
    assert caller.raw("GET", "/sandbox/state", caller="192.0.2.7").status == 404


def test_two_sandboxes_of_one_seed_are_alike() -> None:
    ids = [Caller(create_app(Account(seed=9))).contact(email="a@example.com")["id"] for _ in range(2)]
    assert ids[0] == ids[1]
    assert Caller(create_app(Account(seed=8))).contact(email="a@example.com")["id"] != ids[0]


def test_concurrent_creates_of_one_contact_make_one(app: Sandbox) -> None:
    statuses: list[int] = []

    def create() -> None:
        caller = Caller(app)
        body = {"locationId": caller.location, "email": "a@example.com"}
        statuses.extend(caller("POST", "/contacts/", body).status for _ in range(20))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses.count(201), statuses.count(400)) == (1, 159)


def test_operations_cost_the_same_however_many_contacts_there_are(app: Sandbox, caller: Caller) -> None:
    """Counted in function calls, not in seconds, so that a busy machine changes nothing."""
    caller.switch(search_lag=1.0)

    def fill(start: int, end: int) -> None:
        for n in range(start, end):
            app.account.contacts.create({"email": f"{n}@example.com", "phone": f"+1555{n:07}", "name": f"P {n}"})
        app.account.clock.advance(timedelta(minutes=20))

    def cost() -> int:
        calls = 0

        def count(frame: Any, event: str, argument: Any) -> None:
            nonlocal calls
            calls += event == "call"

        sys.setprofile(count)
        try:
            made = caller.upsert(email="7@example.com", city=f"City {app.account.clock.now()}").json["contact"]
            caller.search({"field": "phone", "operator": "eq", "value": made["phone"]})
            caller.search(pageLimit=20)
            caller.card(made["id"])
            caller("DELETE", f"/contacts/{made['id']}")
            caller.contact(email="7@example.com", phone=made["phone"])
        finally:
            sys.setprofile(None)
        return calls

    fill(0, 300)
    cost()  # fills the caches of the documents
    small = cost()
    fill(300, 30_000)
    assert cost() < 1.1 * small
