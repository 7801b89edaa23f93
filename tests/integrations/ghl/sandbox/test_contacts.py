"""Contacts (contract section 5); the caller holds every answer against the vendor's document."""

from typing import Any

import pytest

from integrations.ghl.sandbox import Sandbox
from tests.integrations.ghl.sandbox.caller import Caller
from tests.integrations.ghl.sandbox.contract import undescribed

ANN = {"firstName": "Ann", "lastName": "Lee", "email": "Ann@example.com", "phone": "(555) 010-0001"}


def test_a_contact_is_created_and_read_back(either: Caller) -> None:
    made = either.contact(**ANN, tags=["VIP", "vip", "Roof"], postalCode="12345")
    reply = either("GET", f"/contacts/{made['id']}")
    assert reply.json["contact"] == made
    assert made["phone"] == "+15550100001"
    assert (made["name"], made["emailLowerCase"], made["tags"]) == ("Ann Lee", "ann@example.com", ["vip", "roof"])
    assert made["dateAdded"] == "2026-11-02T15:00:00.000Z"
    assert set(undescribed(either.version, "GET", "/contacts/x", reply)) == {".traceId"}


def test_a_name_alone_is_split(caller: Caller) -> None:
    made = caller.contact(name="Mary Ann Evans")
    assert (made["firstName"], made["lastName"]) == ("Mary", "Ann Evans")


def test_a_duplicate_is_refused_and_names_the_other(either: Caller) -> None:
    made = either.contact(**ANN)
    for field, value in (("email", "ANN@example.com"), ("phone", "+15550100001")):
        reply = either("POST", "/contacts/", {"locationId": either.location, field: value})
        assert (reply.status, reply.json["message"]) == (400, "This location does not allow duplicated contacts.")
        assert reply.json["meta"] == {"contactId": made["id"], "contactName": "Ann Lee", "matchingField": field}


def test_duplicates_where_the_sub_account_allows_them(caller: Caller) -> None:
    caller.switch(allow_duplicate_contact=True)
    assert caller.contact(**ANN)["id"] != caller.contact(**ANN)["id"]
    assert caller.upsert(**ANN).json["new"] is False
    assert caller.upsert(**ANN, createNewIfDuplicateAllowed=True).json["new"] is True


def test_always_create_has_no_effect_without_the_permission(caller: Caller) -> None:
    caller.contact(**ANN)
    assert caller.upsert(**ANN, createNewIfDuplicateAllowed=True).json["new"] is False


def test_an_upsert_creates_then_updates(either: Caller) -> None:
    first = either.upsert(**ANN)
    assert (first.status, first.json["new"]) == (200, True)
    again = either.upsert(email="ann@EXAMPLE.com", city="Troy")
    assert again.json["new"] is False
    assert again.json["contact"]["id"] == first.json["contact"]["id"]
    assert (again.json["contact"]["city"], again.json["contact"]["firstName"]) == ("Troy", "Ann")


@pytest.mark.parametrize(("first", "second"), [("email", "phone"), ("phone", "email")])
def test_the_first_field_decides_and_the_other_is_dropped_without_a_word(caller: Caller, first: str, second: str) -> None:
    caller.switch(dedupe_first=first, dedupe_second=second)
    holders = {"email": caller.contact(email="a@example.com"), "phone": caller.contact(phone="+15550100002")}
    reply = caller.upsert(email="a@example.com", phone="+15550100002", city="Troy")
    assert reply.status == 200
    assert reply.json["contact"]["id"] == holders[first]["id"]
    assert second not in reply.json["contact"]
    assert "city" not in caller("GET", f"/contacts/{holders[second]['id']}").json["contact"]


def test_an_upsert_by_a_second_email_overwrites_the_first(caller: Caller) -> None:
    made = caller.contact(email="first@example.com")
    caller.control("POST", "human", {"act": "edit_contact", "id": made["id"], "additionalEmails": ["second@example.com"]})
    assert caller.upsert(email="second@example.com").json["contact"]["id"] == made["id"]
    assert caller("GET", f"/contacts/{made['id']}").json["contact"]["email"] == "second@example.com"


def test_an_upsert_without_email_and_phone(caller: Caller) -> None:
    assert caller.upsert(firstName="Ann").json["new"] is True
    caller.switch(upsert_without_identity="refuse")
    assert caller.upsert(firstName="Ann").status == 422


def test_upsert_status_switch(app: Sandbox, caller: Caller) -> None:
    caller.switch(upsert_created_status=201)
    with pytest.raises(KeyError):  # the document knows only 200
        caller.upsert(**ANN)
    assert caller.upsert(**ANN).status == 200


def test_put_changes_and_null_clears(either: Caller) -> None:
    made = either.contact(**ANN, tags=["one"])
    reply = either("PUT", f"/contacts/{made['id']}", {"phone": None, "city": "Troy", "tags": ["two"], "source": None})
    assert reply.json["succeeded" if either.v3 else "succeded"] is True
    assert "phone" not in reply.json["contact"]
    assert (reply.json["contact"]["city"], reply.json["contact"]["tags"]) == ("Troy", ["two"])
    assert either.contact(phone=ANN["phone"])["id"] != made["id"]  # the number is free again


def test_put_of_somebody_elses_address_is_refused(either: Caller) -> None:
    ann, bob = either.contact(**ANN), either.contact(email="bob@example.com")
    reply = either("PUT", f"/contacts/{bob['id']}", {"email": "ann@example.com"})
    assert (reply.status, reply.json["meta"]["contactId"]) == (400, ann["id"])
    assert either("PUT", f"/contacts/{ann['id']}", {"email": "ann@example.com"}).status == 200


@pytest.mark.parametrize("name", ["locationId", "gender", "companyName", "additionalEmails", "colour"])
def test_put_refuses_properties_it_does_not_have(either: Caller, name: str) -> None:
    made = either.contact(**ANN)
    reply = either("PUT", f"/contacts/{made['id']}", {name: "x"})
    assert reply.status == 422
    assert reply.json == {
        "statusCode": 422,
        "message": [f"property {name} should not exist"],
        "error": "Unprocessable Entity",
        "traceId": reply.json["traceId"],
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"tags": "one"}, "tags must be an array"),
        ({"tags": [1]}, "each value in tags must be a string"),
        ({"postalCode": None}, "postalCode must be a string"),
        ({"firstName": 7}, "firstName must be a string"),
        ({"email": "nobody"}, "email must be an email"),
        ({"dnd": "yes"}, "dnd must be a boolean value"),
        ({"customFields": {}}, "customFields must be an array"),
        ({"customFields": [{"id": "x", "colour": 1}]}, "customFields.0.property colour should not exist"),
        ({"customFields": [{}]}, "customFields.0.id must be a string"),
        ({"dndSettings": {"Pigeon": {"status": "active"}}}, "dndSettings.property Pigeon should not exist"),
        (
            {"inboundDndSettings": {"all": {"status": "permanent"}}},
            "inboundDndSettings.all.status must be one of the following values: active, inactive",
        ),
    ],
)
def test_bad_bodies_are_refused_in_the_vendors_words(either: Caller, values: Any, message: str) -> None:
    reply = either.upsert(**values)
    assert (reply.status, reply.json["message"]) == (422, [message])


def test_a_missing_and_a_wrong_location(either: Caller) -> None:
    assert either("POST", "/contacts/", {"email": "a@example.com"}).json["message"] == ["locationId must be a string"]
    assert either("POST", "/contacts/", {"locationId": "other"}).status == 403


def test_dnd_is_written_and_read_in_the_versions_own_names(either: Caller) -> None:
    channel = "sms" if either.v3 else "SMS"
    made = either.contact(**ANN, dndSettings={channel: {"status": "active", "message": "asked"}})
    assert made["dndSettings"] == {channel: {"status": "active", "message": "asked"}}
    wrong = {"SMS" if either.v3 else "sms": {"status": "active"}}
    assert either("PUT", f"/contacts/{made['id']}", {"dndSettings": wrong}).status == 422


def test_custom_values_by_id_and_by_key(either: Caller) -> None:
    field = either.field("ST customer id")
    spelling = "fieldValue" if either.v3 else "field_value"
    made = either.contact(**ANN, customFields=[{"id": field, spelling: "4711"}])
    assert made["customFields"] == [{"id": field, "value": "4711"}]
    by_key = {"customFields": [{"key": "st_customer_id", spelling: "4712"}]}
    assert either("PUT", f"/contacts/{made['id']}", by_key).json["contact"]["customFields"][0]["value"] == "4712"
    either.switch(custom_field_by_key=False)
    assert either("PUT", f"/contacts/{made['id']}", by_key).status == 422


def test_custom_values_are_merged_or_replaced(caller: Caller) -> None:
    one, two = caller.field("one"), caller.field("two")
    made = caller.contact(**ANN, customFields=[{"id": one, "field_value": "1"}])
    body = {"customFields": [{"id": two, "field_value": "2"}, {"id": "unknown", "field_value": "3"}]}
    assert len(caller("PUT", f"/contacts/{made['id']}", body).json["contact"]["customFields"]) == 2
    caller.switch(put_custom_fields="replace")
    assert caller("PUT", f"/contacts/{made['id']}", body).json["contact"]["customFields"] == [{"id": two, "value": "2"}]
    caller.switch(unknown_custom_field="refuse")
    assert caller("PUT", f"/contacts/{made['id']}", body).status == 422


def test_tags_are_added_and_removed(either: Caller) -> None:
    path = f"/contacts/{either.contact(**ANN, tags=['one'])['id']}/tags"
    added = either("POST", path, {"tags": ["Two", "one"]})
    assert (added.status, added.json["tags"]) == (201, ["one", "two"])
    removed = either("DELETE", path, {"tags": ["ONE", "three"]})
    assert (removed.status, removed.json["tags"]) == (200, ["two"])
    assert either("DELETE", path).status == 422


def test_a_loose_phone(caller: Caller) -> None:
    assert "phone" not in caller.contact(email="a@example.com", phone="call me")
    caller.switch(loose_phone="keep")
    assert caller.contact(email="b@example.com", phone="call me")["phone"] == "call me"
    caller.switch(loose_phone="refuse")
    assert caller.upsert(phone="call me").status == 422


@pytest.mark.parametrize("status", [400, 404, 422])
def test_an_unknown_contact(either: Caller, status: int) -> None:
    either.switch(missing_status=status)
    assert {either(method, "/contacts/nobody", body).status for method, body in (("GET", None), ("PUT", {}))} == {status}


def test_delete_takes_the_opportunities_along(either: Caller) -> None:
    made = either.contact(**ANN)
    card = either.card(made["id"]).json["opportunity"]["id"]
    assert either("DELETE", f"/contacts/{made['id']}").json["succeeded" if either.v3 else "succeded"] is True
    assert either("GET", f"/contacts/{made['id']}").status == 400
    assert either("GET", f"/opportunities/{card}").status == 400
    assert either.contact(**ANN)["id"] != made["id"]
