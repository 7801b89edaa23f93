"""Single rows: by id and by key (contract section 3)."""

from typing import Any

import pytest

from salesforce.sandbox import KEY
from tests.salesforce.sandbox.caller import Caller, error

NOWHERE = "0037w0000000zzzAAA"


def test_a_row_from_birth_to_death(caller: Caller) -> None:
    reply = caller("POST", "/sobjects/Contact", {"FirstName": "Ann", "LastName": "Lee", "Email": "ann@example.com"})
    id = reply.json()["id"]
    assert (reply.status_code, reply.json()) == (201, {"id": id, "success": True, "errors": []})
    assert (id[:3], len(id)) == ("003", 18)
    row = caller.read(id)
    assert row["attributes"] == {"type": "Contact", "url": f"/services/data/v67.0/sobjects/Contact/{id}"}
    assert (row["Name"], row["IsDeleted"], row["CreatedDate"]) == ("Ann Lee", False, "2026-11-02T15:00:00.000+0000")
    caller.advance(hours=1)
    assert caller("PATCH", f"/sobjects/Contact/{id}", {"FirstName": None, "MailingCity": "Troy"}).status_code == 204
    row = caller.read(id[:15])
    assert (row["Name"], row["FirstName"], row["MailingAddress"]["city"]) == ("Lee", None, "Troy")
    assert (row["SystemModstamp"], row["CreatedDate"]) == ("2026-11-02T16:00:00.000+0000", "2026-11-02T15:00:00.000+0000")
    assert caller("HEAD", f"/sobjects/Contact/{id}").content == b""
    assert caller("DELETE", f"/sobjects/Contact/{id}").status_code == 204
    assert error(caller("GET", f"/sobjects/Contact/{id}")) == (404, "ENTITY_IS_DELETED", "entity is deleted")
    assert error(caller("PATCH", f"/sobjects/Contact/{id}", {"Title": "x"}))[:2] == (404, "ENTITY_IS_DELETED")


def test_chosen_fields(caller: Caller) -> None:
    id = caller.create(LastName="Lee", Email="a@example.com")
    reply = caller("GET", f"/sobjects/Contact/{id}", fields="email,LastName")
    assert set(reply.json()) == {"attributes", "Id", "Email", "LastName"}
    assert error(caller("GET", f"/sobjects/Contact/{id}", fields="Shoe"))[:2] == (400, "INVALID_FIELD")


def test_what_is_not_there(caller: Caller) -> None:
    assert error(caller("GET", "/sobjects/Boat"))[:2] == (404, "NOT_FOUND")
    assert error(caller("POST", "/sobjects/Boat", {}))[1] == "NOT_FOUND"
    assert error(caller("GET", f"/sobjects/Contact/{NOWHERE}"))[2] == "The requested resource does not exist"
    assert error(caller("GET", "/sobjects/Contact/x"))[2].endswith("does not exist or is not accessible: x")
    assert error(caller("PATCH", f"/sobjects/Contact/{NOWHERE}", {}))[:2] == (404, "INVALID_CROSS_REFERENCE_KEY")
    caller.switch(missing_id_code="NOT_FOUND")
    assert error(caller("DELETE", f"/sobjects/Contact/{NOWHERE}"))[:2] == (404, "NOT_FOUND")
    assert error(caller("GET", "/nonsense"))[:2] == (404, "NOT_FOUND")
    assert error(caller("PUT", "/sobjects/Contact")) == (
        405,
        "METHOD_NOT_ALLOWED",
        "HTTP Method 'PUT' not allowed. Allowed are GET,POST",
    )


def test_an_upsert_creates_and_then_changes(caller: Caller) -> None:
    first = caller.upsert("77", LastName="Lee")
    id = first.json()["id"]
    assert (first.status_code, first.json()) == (201, {"id": id, "success": True, "errors": [], "created": True})
    again = caller.upsert("77", LastName="Li", Title="Owner")
    assert (again.status_code, again.json()) == (200, {"id": id, "success": True, "errors": [], "created": False})
    row = caller.read(id)
    assert (row["LastName"], row["Title"], row[KEY]) == ("Li", "Owner", "77")
    assert caller.state["Contact"] == {
        "alive": 1,
        "created": 1,
        "createdByHumans": 0,
        "changes": 1,
        "idle": 0,
        "deleted": 0,
    }


def test_an_old_version_says_less(caller: Caller) -> None:
    caller.version = 45
    first = caller.upsert("77", LastName="Lee")
    assert (first.status_code, "created" in first.json()) == (201, False)
    again = caller.upsert("77", LastName="Li")
    assert (again.status_code, again.content) == (204, b"")


@pytest.mark.parametrize("key", ["a/b c", "Ümlaut", "100%", "a+b"])
def test_any_text_can_be_a_key(caller: Caller, key: str) -> None:
    assert caller.upsert(key, LastName="Lee").json()["created"] is True
    reply = caller.upsert(key, LastName="Li").json()
    assert reply["created"] is False
    assert caller.read(reply["id"])[KEY] == key


def test_reading_and_deleting_by_key(caller: Caller) -> None:
    caller.upsert("77", LastName="Lee")
    path = f"/sobjects/Contact/{KEY}/77"
    assert caller("GET", path).json()["LastName"] == "Lee"
    assert caller("HEAD", path).status_code == 200
    assert caller("DELETE", path).status_code == 204
    assert error(caller("GET", path))[:2] == (404, "NOT_FOUND")
    assert caller.upsert("77", LastName="Lee").json()["created"] is True  # the bin does not count


def test_several_rows_with_the_key(caller: Caller) -> None:
    caller.human("remove_field", sobject="Contact", name=KEY)
    caller.human("add_field", sobject="Contact", name=KEY, type="Text", length=32, externalId=True, unique=False)
    ids = [caller.create(LastName=last, **{KEY: "77"}) for last in ("Lee", "Li")]
    urls = [f"/services/data/v67.0/sobjects/Contact/{id}" for id in ids]
    for method in ("PATCH", "GET", "DELETE"):
        reply = caller(method, f"/sobjects/Contact/{KEY}/77", {"LastName": "Long"} if method == "PATCH" else None)
        assert (reply.status_code, reply.json()) == (300, urls)
    assert [caller.read(id)["LastName"] for id in ids] == ["Lee", "Li"]
    failed = caller.push({KEY: "77", "LastName": "Long"})[0]["errors"][0]
    assert (failed["statusCode"], failed["fields"]) == ("DUPLICATE_EXTERNAL_ID", [KEY])
    assert all(id in failed["message"] for id in ids)


def test_update_only(caller: Caller) -> None:
    path = f"/sobjects/Contact/{KEY}/77"
    assert error(caller("PATCH", path, {"LastName": "Lee"}, updateOnly="true"))[:2] == (404, "NOT_FOUND")
    assert caller.state["Contact"]["alive"] == 0
    caller.switch(update_only_missing_status=400)
    assert caller("PATCH", path, {"LastName": "Lee"}, updateOnly="true").status_code == 400
    caller.upsert("77", LastName="Lee")
    assert caller("PATCH", path, {"LastName": "Li"}, updateOnly="true").json()["created"] is False


@pytest.mark.parametrize("extra", [{KEY: "77"}, {KEY.lower(): "77"}, {"Id": NOWHERE}])
def test_the_key_belongs_in_the_address_alone(caller: Caller, extra: dict[str, Any]) -> None:
    status, code, message = error(caller.upsert("77", LastName="Lee", **extra))
    assert (status, code) == (400, "INVALID_FIELD")
    assert message == f"The {next(iter(extra))} field should not be specified in the sobject data."
    caller.switch(key_in_body="ignore")
    assert caller.upsert("77", LastName="Lee", **extra).status_code == 201


def test_a_wrong_key_field(caller: Caller) -> None:
    assert error(caller("PATCH", "/sobjects/Contact/Shoe__c/1", {})) == (
        404,
        "NOT_FOUND",
        "Provided external ID field does not exist or is not accessible: Shoe__c",
    )
    status, code, message = error(caller("PATCH", "/sobjects/Contact/LastName/Lee", {}))
    assert (status, code) == (400, "INVALID_FIELD")
    assert "LastName does not match an External ID, Salesforce Id, or indexed field for Contact" in message
    assert caller("PATCH", "/sobjects/Contact/Email/a@example.com", {"LastName": "Lee"}).status_code == 201


def test_how_keys_are_compared(caller: Caller) -> None:
    caller.upsert("a1", LastName="Lee")
    assert caller.upsert("A1", LastName="Lee").status_code == 200
    assert caller.upsert(" a1 ", LastName="Lee").status_code == 200
    caller.switch(key_ignores_case=False)
    assert caller.upsert("A1", LastName="Lee").status_code == 201
    caller.switch(key_ignores_blanks=False, trims_text=False)
    assert caller.upsert(" a1", LastName="Lee").status_code == 201


def test_a_field_that_tells_capitals(caller: Caller) -> None:
    caller.human("add_field", sobject="Contact", name="Code__c", type="Text", length=9, externalId=True, caseSensitive=True)
    for code in ("a", "A"):
        assert caller("PATCH", f"/sobjects/Contact/Code__c/{code}", {"LastName": "Lee"}).status_code == 201


def test_a_number_as_key(caller: Caller) -> None:
    caller.human("add_field", sobject="Contact", name="No__c", type="Number", precision=9, scale=0, externalId=True, unique=True)
    assert caller("PATCH", "/sobjects/Contact/No__c/12", {"LastName": "Lee"}).status_code == 201
    assert caller("PATCH", "/sobjects/Contact/No__c/12.0", {"LastName": "Li"}).status_code == 200
    assert error(caller("PATCH", "/sobjects/Contact/No__c/x", {}))[1] == "INVALID_TYPE_ON_FIELD_IN_RECORD"


def test_a_parent_by_its_own_key(caller: Caller) -> None:
    refused = error(caller.upsert("1", LastName="Lee", Account={KEY: "9"}))
    assert refused == (400, "INVALID_FIELD", f"Foreign key external ID: 9 not found for field {KEY} in entity Account")
    account = caller.upsert("9", "Account", Name="Lee Ltd").json()["id"]
    contact = caller.upsert("1", LastName="Lee", Account={KEY: "9"}).json()["id"]
    assert caller.read(contact)["AccountId"] == account
    assert error(caller.upsert("1", Account={}))[2].startswith("Foreign key external ID:")
    assert error(caller.upsert("1", Account={KEY: ""}))[1] == "INVALID_FIELD"
    assert caller.upsert("1", Account=None).status_code == 200
    assert caller.read(contact)["AccountId"] is None


def test_an_account_takes_its_contacts_with_it(caller: Caller) -> None:
    account = caller.create("Account", Name="Lee Ltd")
    contact = caller.create(LastName="Lee", AccountId=account)
    assert caller("DELETE", f"/sobjects/Account/{account}").status_code == 204
    assert error(caller("GET", f"/sobjects/Contact/{contact}"))[1] == "ENTITY_IS_DELETED"


def test_references_must_lead_somewhere(caller: Caller) -> None:
    def refused(id: str) -> str:
        return error(caller("POST", "/sobjects/Contact", {"LastName": "Lee", "AccountId": id}))[1]

    assert refused("0017w0000000zzzAAA") == "INVALID_CROSS_REFERENCE_KEY"
    assert refused(caller.create(LastName="Lee")) == "MALFORMED_ID"
    assert refused("rubbish") == "MALFORMED_ID"
    account = caller.create("Account", Name="Lee Ltd")
    caller("DELETE", f"/sobjects/Account/{account}")
    assert refused(account) == "ENTITY_IS_DELETED"


def test_what_a_body_must_be(caller: Caller) -> None:
    path = f"/services/data/v67.0/sobjects/Contact/{KEY}/1"
    headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"}
    assert error(caller.raw("PATCH", path, data=b"{", headers=headers))[:2] == (400, "JSON_PARSER_ERROR")
    assert error(caller.raw("PATCH", path, data=b"[]", headers=headers))[1] == "JSON_PARSER_ERROR"
    reply = caller.raw("PATCH", path, data=b"<a/>", headers={**headers, "Content-Type": "text/html"})
    assert error(reply)[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")
    caller.switch(error_shape="object")
    assert caller("PATCH", f"/sobjects/Contact/{KEY}/1", {}).json()["errorCode"] == "REQUIRED_FIELD_MISSING"
