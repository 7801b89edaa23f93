"""Versions, limits, describes, and making the key field visible (contract sections 2, 8 and 10)."""

import re
from typing import Any

import pytest

from salesforce.sandbox import KEY, Clock, Org, Sandbox, create_app, running
from salesforce.sandbox.org.fields import recorded
from tests.salesforce.sandbox.caller import Caller, error
from tests.salesforce.sandbox.conftest import START
from tests.salesforce.sandbox.contract import shape

METADATA = {
    "type": "Text",
    "label": "ServiceTitan Customer ID",
    "length": 32,
    "externalId": True,
    "unique": True,
    "caseSensitive": False,
}


def fields(caller: Caller, sobject: str = "Contact") -> dict[str, Any]:
    return {field["name"]: field for field in caller("GET", f"/sobjects/{sobject}/describe").json()["fields"]}


# Versions and limits


def test_versions(caller: Caller) -> None:
    found = caller.raw("GET", "/services/data")
    last = found.json()[-2:]
    assert last[0] == {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}
    assert (last[1]["label"], found.json()[0]["version"]) == ("Winter '27", "31.0")
    assert "Sforce-Limit-Info" not in found.headers
    assert caller.state["limits"]["calls"] == 0
    links = caller("GET", "").json()
    assert links["sobjects"] == "/services/data/v67.0/sobjects"
    assert caller("GET", "/").json() == links
    caller.switch(versions_need_token=True)
    assert caller.raw("GET", "/services/data/").status_code == 401


def test_versions_that_are_gone_and_to_come(caller: Caller) -> None:
    caller.version = 30
    assert error(caller("GET", "/limits"))[:2] == (410, "UNSUPPORTED_API_VERSION")
    caller.switch(retired_code="GONE", error_shape="object")
    assert caller("GET", "/limits").json()["errorCode"] == "GONE"
    caller.switch(error_shape="array")
    caller.version = 69
    assert error(caller("GET", "/limits"))[:2] == (404, "NOT_FOUND")
    caller.switch(unknown_version_status=410)
    assert caller("GET", "/limits").status_code == 410
    caller.switch(newest_version=69)
    assert caller("GET", "/limits").status_code == 200


def test_every_answer_says_how_much_is_used(caller: Caller) -> None:
    caller.control("PUT", "usage", {"others": 40})
    reply = caller("GET", "/sobjects/Contact/x")
    assert reply.headers["Sforce-Limit-Info"] == "api-usage=41/100000"
    caller.switch(per_app_usage=True)
    assert re.fullmatch(
        r"api-usage=42/100000; per-app-api-usage=2/100000\(appName=.+\)", caller("GET", "/limits").headers["Sforce-Limit-Info"]
    )
    caller.switch(daily_limit=0)
    assert caller("GET", "/limits").headers["Sforce-Limit-Info"].startswith("api-usage=43/5000000")


def test_the_days_calls_are_used_up(caller: Caller) -> None:
    caller.switch(daily_limit=2)
    assert caller("GET", "/limits").json()["DailyApiRequests"] == {"Max": 2, "Remaining": 1}
    caller.advance(hours=1)
    caller("GET", "/limits")
    reply = caller("GET", "/limits")
    assert reply.headers["Sforce-Limit-Info"] == "api-usage=2/2"
    assert error(reply) == (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    assert caller.state["limits"] == {"calls": 2, "others": 0, "refused": 1}
    caller.switch(daily_overshoot=1, session_seconds=10**9)
    assert caller("GET", "/limits").json()["DailyApiRequests"]["Remaining"] == 0
    assert caller("GET", "/limits").status_code == 403
    caller.token = caller.control("POST", "session", {}).json()["access_token"]
    caller.advance(hours=23)  # the first call is a day old now
    assert caller("GET", "/limits").status_code == 200
    assert caller("GET", "/limits").status_code == 403


def test_the_limits_page_is_late_and_not_for_everybody(caller: Caller) -> None:
    caller.switch(limits_lag=300)
    assert caller("GET", "/limits").json()["DailyApiRequests"]["Remaining"] == 100_000
    caller.advance(seconds=300)
    assert caller("GET", "/limits").json()["DailyApiRequests"]["Remaining"] == 99_999
    caller.switch(view_setup=False)
    assert error(caller("GET", "/limits"))[:2] == (403, "INSUFFICIENT_ACCESS")
    assert caller("GET", "/limits/recordCount").status_code == 403


def test_counting_rows(caller: Caller) -> None:
    caller.upsert("1", LastName="Lee")
    reply = caller("GET", "/limits/recordCount", sObjects="Account,Contact,Boat")
    assert reply.json() == {"sObjects": [{"count": 1, "name": "Contact"}]}


def test_an_org_without_the_api(caller: Caller) -> None:
    caller.switch(api_enabled=False)
    assert error(caller("GET", "/limits"))[:2] == (403, "API_DISABLED_FOR_ORG")


def test_addresses_and_headers_have_a_size(caller: Caller) -> None:
    assert caller("GET", "/query", q="SELECT Id FROM Contact WHERE LastName = '" + "x" * 17_000 + "'").status_code == 414
    caller.headers["X-Long"] = "x" * 17_000
    assert caller("GET", "/limits").status_code == 431
    caller.switch(most_header_bytes=40_000)
    assert caller("GET", "/limits").status_code == 200


# Describes


@pytest.mark.parametrize("sobject", ["Contact", "Account"])
def test_a_describe_is_the_recorded_one_and_the_key_field(caller: Caller, sobject: str) -> None:
    sample = recorded(sobject)
    answer = caller("GET", f"/sobjects/{sobject}/describe").json()
    assert shape({**answer, "fields": []}) == shape({**sample, "fields": []})
    assert answer["fields"][:-1] == sample["fields"]
    key = answer["fields"][-1]
    assert set(key) == set(sample["fields"][0])
    assert (key["name"], key["type"], key["length"], key["label"]) == (KEY, "string", 32, "ServiceTitan Customer ID")
    assert key["externalId"] and key["unique"] and key["idLookup"] and key["createable"] and key["updateable"]
    assert answer["urls"]["describe"] == f"/services/data/v67.0/sobjects/{sobject}/describe"
    assert answer["urls"]["uiNewRecord"].startswith(caller.url)


def test_other_ways_to_look_at_an_object(caller: Caller) -> None:
    names = [sobject["name"] for sobject in caller("GET", "/sobjects").json()["sobjects"]]
    assert {"Contact", "Account", "PermissionSet", "User"} <= set(names) and "CustomField" not in names
    basic = caller("GET", "/sobjects/contact").json()
    assert basic["objectDescribe"]["name"] == "Contact" and "fields" not in basic["objectDescribe"]
    assert error(caller("GET", "/sobjects/Boat/describe"))[:2] == (404, "NOT_FOUND")
    caller.switch(hidden_objects=["Account"])
    assert caller("GET", "/sobjects/Account/describe").status_code == 404
    caller.switch(read_only_objects=["Contact"])
    assert caller("GET", "/sobjects/Contact/describe").json()["createable"] is False


def test_a_describe_that_has_not_changed(caller: Caller) -> None:
    reply = caller("GET", "/sobjects/Contact/describe")
    caller.headers["If-Modified-Since"] = reply.headers["Last-Modified"]
    again = caller("GET", "/sobjects/Contact/describe")
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", reply.headers["ETag"])
    caller.advance(seconds=5)
    caller.human("add_field", sobject="Contact", name="More__c", type="Text", length=5)
    changed = caller("GET", "/sobjects/Contact/describe")
    assert changed.status_code == 200 and changed.headers["ETag"] != reply.headers["ETag"]
    caller.headers["If-Modified-Since"] = "rubbish"
    assert caller("GET", "/sobjects/Contact/describe").status_code == 200


def test_switches_show_in_the_describe(caller: Caller) -> None:
    caller.switch(read_only_fields=["Contact.Title"], hidden_fields=["Contact.Fax"], restricted_picklists=["Contact.LeadSource"])
    seen = fields(caller)
    assert "Fax" not in seen
    assert (seen["Title"]["updateable"], seen["LeadSource"]["restrictedPicklist"]) == (False, True)
    caller.switch(state_country_picklists=True)
    names = {entry["value"]: entry["label"] for entry in fields(caller, "Account")["BillingStateCode"]["picklistValues"]}
    assert (names["MI"], len(names)) == ("Michigan", 51)


# Making the key field


@pytest.fixture
def fresh(app: Sandbox) -> Any:
    """An org as a new customer has it: without the key field."""
    app = create_app(Org(seed=3, clock=Clock.frozen(START), key_objects=()), app.switches)
    with running(app) as url:
        caller = Caller(app, url)
        yield caller
        caller.session.close()


def make(caller: Caller, name: str = f"Contact.{KEY}", **changes: Any) -> Any:
    return caller("POST", "/tooling/sobjects/CustomField", {"FullName": name, "Metadata": METADATA | changes})


def test_a_made_field_is_hidden_until_access_is_granted(fresh: Caller) -> None:
    assert error(fresh.upsert("1", LastName="Lee"))[1] == "NOT_FOUND"
    reply = make(fresh)
    assert reply.status_code == 201 and reply.json()["id"].startswith("00N") and reply.json()["success"] is True
    assert fresh("GET", f"/tooling/sobjects/CustomField/{reply.json()['id']}").json()["FullName"] == f"Contact.{KEY}"
    assert KEY not in fields(fresh)
    wanted = f"Provided external ID field does not exist or is not accessible: {KEY}"
    assert error(fresh.upsert("1", LastName="Lee")) == (404, "NOT_FOUND", wanted)
    assert error(fresh("POST", "/sobjects/Contact", {"LastName": "Lee", KEY: "1"}))[1] == "INVALID_FIELD"
    parent = fresh.create("PermissionSet", Name="Hub", Label="Hub")
    grant = {"ParentId": parent, "SobjectType": "Contact", "Field": f"Contact.{KEY}", "PermissionsRead": True}
    access = fresh.create("FieldPermissions", **grant)
    assert KEY not in fields(fresh)  # nobody has the permission set yet
    fresh.create("PermissionSetAssignment", AssigneeId=fresh.app.org.credentials.user_id, PermissionSetId=parent)
    assert (fields(fresh)[KEY]["updateable"], fresh.upsert("1", LastName="Lee").status_code) == (False, 400)
    fresh("PATCH", f"/sobjects/FieldPermissions/{access}", {"PermissionsEdit": True})
    assert fields(fresh)[KEY]["updateable"] is True
    assert fresh.upsert("1", LastName="Lee").status_code == 201
    assert error(fresh("POST", "/sobjects/FieldPermissions", grant))[1] == "DUPLICATE_VALUE"
    assert fresh("DELETE", f"/sobjects/FieldPermissions/{access}").status_code == 204
    assert KEY not in fields(fresh)


def test_access_to_a_field_that_is_not_there(fresh: Caller) -> None:
    parent = fresh.create("PermissionSet", Name="Hub", Label="Hub")
    grant = {"ParentId": parent, "SobjectType": "Contact", "Field": "Contact.Shoe__c", "PermissionsRead": True}
    assert error(fresh("POST", "/sobjects/FieldPermissions", grant))[1] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_rows_from_before_the_field_are_found_by_it_later(fresh: Caller) -> None:
    contact = fresh.create(LastName="Lee")
    fresh.human("add_field", sobject="Contact", name=KEY, **METADATA)
    fresh("PATCH", f"/sobjects/Contact/{contact}", {KEY: "1"})
    assert fresh.upsert("1", LastName="Li").json()["id"] == contact


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        (f"Contact.{KEY}", {}, "DUPLICATE_DEVELOPER_NAME"),
        ("Boat.X__c", {}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Contact.NoSuffix", {}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.X__c", {"type": "Poem"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.X__c", {"length": 256}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.X__c", {"length": None}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.X__c", {"type": "Phone"}, "FIELD_INTEGRITY_EXCEPTION"),  # no External ID
    ],
)
def test_fields_that_cannot_be_made(caller: Caller, name: str, changes: dict[str, Any], code: str) -> None:
    assert error(make(caller, name, **changes))[:2] == (400, code)
    caller.switch(customize_application=False)
    assert error(make(caller, name, **changes))[:2] == (403, "INSUFFICIENT_ACCESS")


@pytest.mark.parametrize(
    ("metadata", "shown"),
    [
        ({"type": "Currency", "precision": 10, "scale": 2}, {"type": "currency", "precision": 10, "scale": 2}),
        ({"type": "Date"}, {"type": "date", "length": 0}),
        ({"type": "Checkbox"}, {"type": "boolean", "nillable": False, "defaultedOnCreate": True}),
        ({"type": "LongTextArea", "length": 5000}, {"type": "textarea", "length": 5000, "filterable": False}),
        ({"type": "Phone"}, {"type": "phone", "length": 40}),
        ({"type": "Email", "externalId": True}, {"type": "email", "length": 80, "externalId": True}),
        ({"type": "Text", "length": 9, "required": True}, {"nillable": False, "permissionable": False}),
    ],
)
def test_kinds_of_fields(caller: Caller, metadata: dict[str, Any], shown: dict[str, Any]) -> None:
    caller.human("add_field", sobject="Contact", name="More__c", **metadata)
    assert shown.items() <= fields(caller)["More__c"].items()


def test_a_picklist_of_segments(caller: Caller) -> None:
    values = {"restricted": True, "valueSetDefinition": {"value": [{"fullName": "Gold", "label": "Gold"}, {"fullName": "Tin"}]}}
    caller.human("add_field", sobject="Contact", name="Segment__c", type="Picklist", valueSet=values)
    assert [value["value"] for value in fields(caller)["Segment__c"]["picklistValues"]] == ["Gold", "Tin"]
    assert caller.upsert("1", LastName="Lee", Segment__c="Gold").status_code == 201
    assert error(caller.upsert("1", Segment__c="Lead"))[1] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
