"""The controls, what people do behind the integration's back, counting, and size."""

from typing import Any

import pytest

from salesforce.sandbox import KEY, Clock, Credentials, Org, Switches, create_app
from tests.config.sandbox.wsgi import call
from tests.salesforce.sandbox.app_client import AppClient, no
from tests.salesforce.sandbox.caller import Caller, error, row
from tests.salesforce.sandbox.conftest import START


@pytest.fixture
def ann(caller: Caller) -> str:
    return str(caller.upsert("1", FirstName="Ann", LastName="Lee", Email="ann@example.com").json()["id"])


def test_state_tells_what_was_made(caller: Caller, ann: str) -> None:
    caller.upsert("1", LastName="Lee")
    caller.human("create", sobject="Contact", LastName="Li")
    caller("DELETE", f"/sobjects/Contact/{ann}")
    state = caller.state
    wanted = {"alive": 1, "created": 1, "createdByHumans": 1, "changes": 1, "idle": 1, "deleted": 1}
    assert state["Contact"] == wanted
    assert state["surplus"] == {"Contact": {"Email": 0, KEY: 0}, "Account": {KEY: 0}}
    assert state["fields"] == [f"Contact.{KEY}", f"Account.{KEY}"]
    assert state["traffic"]["calls"]["/services/data/v67.0/sobjects/Contact/{id}"] == 1
    assert state["traffic"]["calls"][f"/services/data/v67.0/sobjects/Contact/{KEY}/{{id}}"] == 2
    assert state["limits"]["calls"] == 3


def test_duplicates_can_be_counted_from_outside(caller: Caller, ann: str) -> None:
    again = caller.human("create", sobject="Contact", LastName="Lee", Email="ANN@example.com", **{KEY: "1"})["Id"]
    caller.human("delete", id=again)  # made is made
    found = caller.control("GET", f"identities/Contact/{KEY}").json()
    assert (found["surplus"], found["repeated"]) == (1, {"1": [ann, again]})
    assert caller.state["surplus"]["Contact"] == {"Email": 1, KEY: 1}
    assert caller.control("GET", "identities/Contact/Shoe").status_code == 404
    assert caller.control("GET", "identities/Boat/Id").status_code == 404


def test_records_as_they_truly_are(caller: Caller, ann: str) -> None:
    caller.switch(hidden_fields=["Contact.Email"])
    assert [state["Id"] for state in caller.control("GET", "records/Contact").json()] == [ann]
    assert caller.control("GET", f"records/Contact/{ann}").json()["Email"] == "ann@example.com"
    caller("DELETE", f"/sobjects/Contact/{ann}")
    assert caller.control("GET", "records/Contact").json() == []
    assert caller.control("GET", f"records/Contact/{ann}").json()["IsDeleted"] is True
    assert caller.control("GET", "records/Contact/nobody").status_code == 404
    assert caller.control("GET", "records/Boat").status_code == 404


def test_a_human_edits(caller: Caller, ann: str) -> None:
    caller.advance(hours=1)
    caller.human("edit", id=ann[:15], Phone="555 0100", FirstName=None)
    seen = caller.read(ann)
    assert (seen["Phone"], seen["Name"], seen["SystemModstamp"]) == ("555 0100", "Lee", "2026-11-02T16:00:00.000+0000")
    who = caller.app.org.credentials
    assert (seen["CreatedById"], seen["LastModifiedById"]) == (who.user_id, who.human_id)
    assert caller.state["Contact"]["changes"] == 0


def test_a_human_deletes_and_brings_back(caller: Caller, ann: str) -> None:
    caller.human("delete", id=ann)
    assert error(caller("PATCH", f"/sobjects/Contact/{ann}", {}))[1] == "ENTITY_IS_DELETED"
    caller.human("undelete", id=ann)
    assert caller.upsert("1", Title="x").json() == {"id": ann, "success": True, "errors": [], "created": False}


def test_a_human_merges_two_records(caller: Caller, ann: str) -> None:
    other = caller.human("create", sobject="Contact", LastName="Lee-Li", Phone="5")["Id"]
    kept = caller.human("merge", source=ann, target=other)
    assert (kept["LastName"], kept["Email"], kept[KEY]) == ("Lee-Li", "ann@example.com", "1")
    gone = caller("GET", "/queryAll", q=f"SELECT MasterRecordId FROM Contact WHERE Id = '{ann}'").json()
    assert gone["records"][0]["MasterRecordId"] == other
    assert caller.upsert("1", Title="x").json()["id"] == other
    assert caller.control("POST", "human", {"act": "merge", "source": other, "target": other}).status_code == 400


def test_an_admin_hides_and_removes_the_key_field(caller: Caller, ann: str) -> None:
    caller.human("hide_field", sobject="Contact", name=KEY)
    assert error(caller.upsert("1", LastName="Lee"))[:2] == (404, "NOT_FOUND")
    caller.human("grant_field", sobject="Contact", name=KEY, edit=False)
    assert error(caller.upsert("2", LastName="Lee"))[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    caller.human("grant_field", sobject="Contact", name=KEY)
    assert caller.upsert("1", LastName="Lee").json()["id"] == ann
    caller.human("remove_field", sobject="Contact", name=KEY)
    assert KEY not in caller.read(ann)
    assert error(caller("PATCH", f"/composite/sobjects/Contact/{KEY}", {"records": []}))[:2] == (400, "INVALID_FIELD")


def test_an_admin_ends_the_apps_access(caller: Caller) -> None:
    client = AppClient(caller)
    answer = client.connect()
    assert caller.human("disconnect")["approvals"] == 0
    assert not client.works(answer["access_token"])
    assert no(client.refresh(answer["refresh_token"]))[1] == "invalid_grant"


def test_tokens_expire_when_told_to(caller: Caller) -> None:
    client = AppClient(caller)
    answer = client.connect()
    caller.control("POST", "expire", {})
    assert not client.works(answer["access_token"])
    refreshed = client.refresh(answer["refresh_token"]).json()
    caller.control("POST", "expire", {"all": True})
    assert client.refresh(refreshed["refresh_token"]).status_code == 400


def test_reset_gives_the_first_day_again(caller: Caller, ann: str) -> None:
    caller.advance(hours=5)
    caller.switch(latency=0.01)
    caller.fault("drop", "nowhere")
    caller.human("add_field", sobject="Contact", name="More__c", type="Date")
    caller.control("PUT", "app", {"client_secret": "other"})
    state = caller.control("POST", "reset", {}).json()
    assert (state["Contact"]["alive"], state["switches"]["latency"], state["faults"]["rules"]) == (0, 0, [])
    assert (state["now"], state["limits"]["calls"], state["traffic"]["calls"]) == (START.isoformat(), 0, {})
    assert len(state["fields"]) == 2
    assert caller("GET", "/limits").status_code == 401
    caller.token = caller.control("POST", "session", {}).json()["access_token"]
    assert caller.upsert("1", LastName="Lee").json()["id"] == ann
    assert AppClient(caller).token("client_credentials").status_code == 200


@pytest.mark.parametrize(
    ("method", "name", "value", "status"),
    [
        ("PUT", "switches", {"colour": 1}, 400),
        ("PUT", "switches", {"consent": "maybe"}, 400),
        ("PUT", "switches", {"query_batch": 0}, 400),
        ("PUT", "switches", {"approvals": "five"}, 400),
        ("PUT", "app", {"colour": 1}, 400),
        ("PUT", "usage", {"others": "many"}, 400),
        ("POST", "human", {"act": "sing"}, 400),
        ("POST", "human", {"act": "delete", "id": "nobody"}, 404),
        ("POST", "human", {"act": "create", "sobject": "Contact", "Shoe": 9}, 400),
        ("POST", "human", {"act": "add_field", "sobject": "Contact", "name": "X", "type": "Date"}, 400),
        ("POST", "human", {"act": "add_field", "sobject": "Contact", "name": "X__c", "type": "Poem"}, 400),
        ("POST", "human", {"act": "remove_field", "sobject": "Contact", "name": "LastName"}, 404),
        ("POST", "advance", {"hours": -1}, 400),
        ("POST", "nothing", {}, 404),
        ("GET", "nothing", None, 404),
    ],
)
def test_rubbish_is_refused(caller: Caller, method: str, name: str, value: Any, status: int) -> None:
    before = caller.app.switches
    assert caller.control(method, name, value).status_code == status
    assert caller.app.switches == before


def test_only_callers_on_this_machine(caller: Caller) -> None:
    assert call(caller.app, "GET", "/sandbox/state", caller="192.0.2.7").status == 404


def test_an_org_of_ones_own() -> None:
    own = Credentials(client_id="mine", username="me@example.com")
    app = create_app(Org(seed=9, clock=Clock.frozen(START), credentials=own, key_objects=("Contact",)), Switches(consent="allow"))
    body = b"grant_type=client_credentials&client_id=mine&client_secret=" + own.client_secret.encode()
    reply = call(app, "POST", "/services/oauth2/token", body=body, headers={"Host": "sandbox.example"})
    assert reply.json["instance_url"] == "http://sandbox.example"
    headers = {"X-Forwarded-Proto": "https", "Host": "sandbox.example"}
    assert call(app, "POST", "/services/oauth2/token", body=body, headers=headers).json["id"].startswith("https://sandbox.example/id/")
    assert app.org.sobjects["account"].field(KEY) is None


def test_two_sandboxes_of_one_seed_are_alike() -> None:
    orgs = [Org(seed=5, clock=Clock.frozen(START)) for _ in range(2)]
    first, second = ([org.insert("Contact", {"LastName": "Lee"})["Id"] for _ in range(3)] for org in orgs)
    assert first == second and len(set(first)) == 3
    assert Org(seed=6, clock=Clock.frozen(START)).insert("Contact", {"LastName": "Lee"})["Id"] not in first


def test_size_makes_no_difference(caller: Caller) -> None:
    """A tenth of a first load; each call looks at its own rows alone."""
    for start in range(0, 4000, 200):
        results = caller.push(*[row(str(number), Email=f"{number}@example.com") for number in range(start, start + 200)])
        assert all(result["created"] for result in results)
    keys = ", ".join(f"'{number}'" for number in range(300))
    assert caller.query(f"SELECT count() FROM Contact WHERE {KEY} IN ({keys})")["totalSize"] == 300
    assert caller.state["limits"]["calls"] == 21
