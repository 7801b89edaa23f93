"""What a restart of the sandbox leaves as it was."""

from datetime import timedelta
from typing import Any

import pytest

from config.sandbox.origin import Origin
from config.sandbox.vendors import Start
from integrations.ghl.sandbox import Account, Clock, Sandbox, Switches, create_app
from integrations.ghl.sandbox.command import emulator
from integrations.ghl.sandbox.snapshot import Snapshots
from tests.integrations.ghl.sandbox.caller import Caller
from tests.integrations.ghl.sandbox.conftest import START, trusted
from tests.integrations.ghl.sandbox.test_access import ask, connect, ping, refresh


def restarted(app: Sandbox) -> Caller:
    new = create_app(Account(seed=app.account.seed, clock=Clock.frozen(START)), Switches(burst_limit=0))
    new.webhooks.opening = trusted
    Snapshots(new).restore(Snapshots(app).kept())
    return Caller(new)


@pytest.fixture
def ann(caller: Caller) -> dict[str, Any]:
    field = caller.field("ST customer id")
    return caller.contact(email="ann@example.com", tags=["vip"], customFields=[{"id": field, "field_value": "7"}])


def test_records_and_fields_are_as_they_were(app: Sandbox, caller: Caller, ann: dict[str, Any]) -> None:
    card = caller.card(ann["id"], monetaryValue=12.5).json["opportunity"]
    bob = caller.contact(phone="+15550100002")
    caller("PUT", f"/contacts/{ann['id']}", {"city": "Troy"})
    caller("DELETE", f"/contacts/{bob['id']}")
    again = restarted(app)
    for path in (f"/contacts/{ann['id']}", f"/opportunities/{card['id']}", f"/locations/{caller.location}/customFields"):
        old, new = caller("GET", path).json, again("GET", path).json
        assert old | {"traceId": ""} == new | {"traceId": ""}
    assert again("GET", f"/contacts/{bob['id']}").status == 400
    counts = again.control("GET", "state").json["contacts"]
    assert counts == caller.control("GET", "state").json["contacts"] and counts["deleted"] == 1


def test_searches_and_duplicates_know_them_at_once(app: Sandbox, caller: Caller, ann: dict[str, Any]) -> None:
    caller("DELETE", f"/contacts/{caller.contact(email='gone@example.com')['id']}")
    caller.card(ann["id"])
    again = restarted(app)  # with a search that lags behind by 2 s, at a clock that stands still
    assert [row["id"] for row in again.search()] == [ann["id"]]
    assert again.upsert(email="ANN@example.com").json["new"] is False
    assert again.card(ann["id"]).status == 400
    assert again.upsert(email="gone@example.com").json["new"] is True


def test_no_id_is_given_twice(app: Sandbox, caller: Caller, ann: dict[str, Any]) -> None:
    gone = caller.contact(email="gone@example.com")
    card = caller.card(gone["id"]).json["opportunity"]
    caller("DELETE", f"/contacts/{gone['id']}")
    event = app.webhooks.ids.next()
    again = restarted(app)
    new = again.contact(email="new@example.com")
    assert new["id"] not in {ann["id"], gone["id"]}
    assert again.card(new["id"]).json["opportunity"]["id"] != card["id"]
    assert again.field("Another") not in app.account.fields.by_id
    assert again.app.webhooks.ids.next() != event


def test_tokens_stay_alive_and_the_dead_stay_dead(app: Sandbox, caller: Caller) -> None:
    _, first = connect(caller)
    access, second = refresh(caller, first)
    again = restarted(app)
    again.token = access
    assert ping(again).status == 200
    again.app.account.clock.advance(timedelta(seconds=31))  # the first one's grace is over
    assert ask(again, grant_type="refresh_token", refresh_token=first).status == 400
    assert refresh(again, second)[1] not in {first, second}
    assert again.control("GET", "state").json["rotations"] == 2


def test_pipelines_and_the_webhooks_address_stay(app: Sandbox, caller: Caller) -> None:
    caller.control("PUT", "pipelines", {"Sales": ["Sold", "New stage"]})
    caller.control("PUT", "webhooks", {"url": "http://127.0.0.1:9/hook", "events": ["ContactDelete"]})
    again = restarted(app)
    assert again.app.account.pipelines == app.account.pipelines
    assert (again.app.webhooks.url, again.app.webhooks.events) == ("http://127.0.0.1:9/hook", frozenset(["ContactDelete"]))


def test_whatever_may_have_changed_something_counts(app: Sandbox, caller: Caller, ann: dict[str, Any]) -> None:
    memory = Snapshots(app)
    before = memory.writes
    caller("GET", f"/contacts/{ann['id']}")
    caller.control("GET", "state")
    assert memory.writes == before
    caller("PUT", f"/contacts/{ann['id']}", {"city": "Troy"})
    caller.control("POST", "human", {"act": "delete_contact", "id": ann["id"]})
    assert memory.writes == before + 2


def test_the_command_builds_what_was_asked_for() -> None:
    start = Start(
        Origin(seed=5, start="2026-06-01T15:00:00+00:00", advanced=2),
        url="http://127.0.0.1:1",
        speed=0,
        switches={"search_lag": 0},
        faults=({"action": "twice"},),
        credentials={"GHL_API_TOKEN": "pit-mine", "GHL_LOCATION_ID": "locMine"},
        opening=trusted,
    )
    built = emulator(start)
    assert isinstance(built.app, Sandbox) and built.memory is not None
    assert (built.app.account.seed, built.app.account.clock.now().hour) == (5, 17)
    assert (built.app.switches.search_lag, built.app.faults.report()["rules"][0]["action"]) == (0, "twice")
    assert built.app.webhooks.opening is trusted
    assert built.settings == {"GHL_API_URL": start.url, **start.credentials}
    caller = Caller(built.app)
    assert (caller.token, caller.location, ping(caller).status) == ("pit-mine", "locMine", 200)
