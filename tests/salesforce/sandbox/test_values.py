"""What fields take, and what the org's own rules say (contract sections 9 and 10)."""

from typing import Any

import pytest

from salesforce.sandbox import KEY
from tests.salesforce.sandbox.caller import Caller, error, row, why
from tests.salesforce.sandbox.contract import CATALOGUE


def text_of(code: str, **parts: Any) -> str:
    """The catalogue's own words."""
    entry = next(entry for entry in CATALOGUE["rest"] if entry["code"] == code)
    return str(entry["message"]).format(**parts)


def refused(caller: Caller, **values: Any) -> tuple[str, str, list[str]]:
    """The same refusal for a row alone, in a collection, and for a change of a row that is there."""
    alone = caller.upsert("1", LastName="Lee", **values).json()[0]
    together = why(caller.push(row("1", **values))[0])
    assert (alone["errorCode"], alone["message"], alone["fields"]) == together
    id = caller.create(LastName="There")
    assert caller("PATCH", f"/sobjects/Contact/{id}", values).json()[0] == alone
    assert caller.state["Contact"]["changes"] == 0
    return together


def test_required_fields(caller: Caller) -> None:
    words = text_of("REQUIRED_FIELD_MISSING")
    assert error(caller.upsert("1", FirstName="Ann")) == (400, "REQUIRED_FIELD_MISSING", words)
    assert why(caller.push({KEY: "1"})[0]) == ("REQUIRED_FIELD_MISSING", words, ["LastName"])
    id = caller.create(LastName="Lee")
    assert error(caller("PATCH", f"/sobjects/Contact/{id}", {"LastName": None}))[2] == words
    assert error(caller("POST", "/sobjects/Account", {}))[2] == "Required fields are missing: [Name]"
    caller.switch(required_fields=["Contact.Phone"])
    assert error(caller.upsert("1", LastName="Lee"))[2] == "Required fields are missing: [Phone]"
    described = caller("GET", "/sobjects/Contact/describe").json()["fields"]
    assert [one["nillable"] for one in described if one["name"] == "Phone"] == [False]


def test_a_text_too_long_names_label_and_field(caller: Caller) -> None:
    long = "x" * 41
    words = text_of("STRING_TOO_LONG", Label="First Name", value=long, n=40)
    assert refused(caller, FirstName=long) == ("STRING_TOO_LONG", words, ["FirstName"])
    assert caller.upsert("1", LastName="Lee", FirstName="x" * 40).status_code == 201


@pytest.mark.parametrize("email", ["x", "a@b", "a b@example.com", "a@example.com,b@example.com", "@example.com"])
def test_an_address_that_is_none(caller: Caller, email: str) -> None:
    words = text_of("INVALID_EMAIL_ADDRESS", value=email)
    assert refused(caller, Email=email) == ("INVALID_EMAIL_ADDRESS", words, ["Email"])


def test_everything_wrong_is_named(caller: Caller) -> None:
    problems = caller.upsert("1", LastName="Lee", FirstName="x" * 41, Email="x").json()
    assert [problem["errorCode"] for problem in problems] == ["STRING_TOO_LONG", "INVALID_EMAIL_ADDRESS"]


def test_picklists(caller: Caller) -> None:
    code, message, fields = refused(caller, CleanStatus="Rubbish")
    assert (code, fields) == ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["CleanStatus"])
    assert message.endswith(text_of(code, value="Rubbish"))
    assert caller.upsert("1", LastName="Lee", LeadSource="Anything").status_code == 201
    caller.switch(restricted_picklists=["Contact.LeadSource"])
    assert error(caller.upsert("1", LeadSource="Anything"))[1] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert caller.upsert("1", LeadSource="Web").status_code == 200


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"FirstName": 5}, "string from VALUE_NUMBER_INT"),
        ({"MailingLatitude": "north"}, "double from VALUE_STRING"),
        ({"Birthdate": "02/11/2026"}, "date from VALUE_STRING"),
        ({"EmailBouncedDate": "soon"}, "datetime from VALUE_STRING"),
        ({"Title": {"a": 1}}, "string from START_OBJECT"),
    ],
)
def test_a_wrong_type_refuses_the_whole_call(caller: Caller, values: dict[str, Any], word: str) -> None:
    status, code, message = error(caller.upsert("1", LastName="Lee", **values))
    assert (status, code) == (400, "JSON_PARSER_ERROR") and word in message
    typed = [{"attributes": {"type": "Contact"}, **one} for one in (row("1"), row("2", **values))]
    reply = caller("PATCH", f"/composite/sobjects/Contact/{KEY}", {"records": typed})
    assert error(reply)[:2] == (400, "JSON_PARSER_ERROR")
    assert caller.state["Contact"]["alive"] == 0
    caller.switch(wrong_type_rejects="row")
    good, bad = caller.push(row("1"), row("2", **values))
    assert good["success"] and why(bad)[0] == "INVALID_TYPE_ON_FIELD_IN_RECORD"


def test_values_as_they_are_kept(caller: Caller) -> None:
    id = caller.create(
        LastName=" Lee ", Birthdate="2001-02-03", MailingLatitude=42, EmailBouncedDate="2026-01-01T12:00:00+02:00", Title=""
    )
    kept = caller.read(id)
    assert (kept["LastName"], kept["Birthdate"], kept["MailingLatitude"], kept["Title"]) == ("Lee", "2001-02-03", 42.0, None)
    assert kept["EmailBouncedDate"] == "2026-01-01T10:00:00.000+0000"
    caller.switch(trims_text=False, empty_text="kept")
    kept = caller.read(caller.create(LastName=" Lee ", Title=""))
    assert (kept["LastName"], kept["Title"]) == (" Lee ", "")


def test_null_clears_and_an_absent_field_is_left_alone(caller: Caller) -> None:
    id = caller.upsert("1", LastName="Lee", Title="Owner", Phone="5").json()["id"]
    caller.push({KEY: "1", "Title": None})
    kept = caller.read(id)
    assert (kept["Title"], kept["Phone"]) == (None, "5")


def test_unknown_fields_and_those_only_the_org_sets(caller: Caller) -> None:
    assert refused(caller, Shoe="9") == ("INVALID_FIELD", "No such column 'Shoe' on sobject of type Contact", [])
    code, message, fields = refused(caller, CreatedDate="2026-01-01T00:00:00Z", Name="Ann")
    assert (code, fields) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ["CreatedDate", "Name"])
    assert message == text_of(code, list="CreatedDate, Name")


def test_field_names_in_any_letters(caller: Caller) -> None:
    assert caller.read(caller.create(lastname="Lee", FIRSTNAME="Ann"))["Name"] == "Ann Lee"


def test_numbers_have_a_size(caller: Caller) -> None:
    caller.human("add_field", sobject="Contact", name="Value__c", type="Currency", precision=8, scale=2, label="Value")
    assert caller.upsert("1", LastName="Lee", Value__c=999_999.99).status_code == 201
    assert refused(caller, Value__c=1_000_000)[0] == "NUMBER_OUTSIDE_VALID_RANGE"


def test_unique_fields(caller: Caller) -> None:
    first = caller.upsert("1", LastName="Lee").json()["id"]
    words = text_of("DUPLICATE_VALUE", Field=KEY, id=first)
    assert error(caller("POST", "/sobjects/Contact", {"LastName": "Li", KEY: "1"})) == (400, "DUPLICATE_VALUE", words)
    other = caller.create(LastName="Li")
    assert error(caller("PATCH", f"/sobjects/Contact/{other}", {KEY: "1"}))[2] == words
    assert caller("PATCH", f"/sobjects/Contact/{first}", {KEY: "1"}).status_code == 204


def test_validation_rules_of_the_org(caller: Caller) -> None:
    rule = {"sobject": "Contact", "field": "Phone", "pattern": "^555", "message": "No film numbers, please."}
    assert caller.control("PUT", "rules", [rule]).json() == {"rules": 1}
    assert refused(caller, Phone="555 0100") == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule["message"], ["Phone"])
    assert caller.control("PUT", "rules", [{"sobject": "Contact"}]).status_code == 400


def test_automation_that_fails(caller: Caller) -> None:
    caller.switch(failing_triggers=["Contact"])
    assert error(caller.upsert("1", LastName="Lee"))[:2] == (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
    assert caller.upsert("1", "Account", Name="Lee").status_code == 201


def test_state_and_country_picklists(caller: Caller) -> None:
    assert caller.upsert("0", LastName="Lee", MailingState="Mich.").status_code == 201
    caller.switch(state_country_picklists=True)
    code, message, fields = refused(caller, MailingState="MI", MailingCountry="United States")
    assert (code, fields) == ("FIELD_INTEGRITY_EXCEPTION", ["MailingState"])
    assert message.startswith("There's a problem with this state")
    assert refused(caller, MailingCountry="Atlantis")[2] == ["MailingCountry"]
    assert refused(caller, MailingState="Michigan")[2] == ["MailingState"]  # a country must be said first
    assert refused(caller, MailingStateCode="ZZ")[0] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    good = {"MailingStateCode": "MI", "MailingCountryCode": "US", "OtherState": "Ohio", "OtherCountry": "United States"}
    assert caller.upsert("2", LastName="Lee", **good).status_code == 201


def test_the_storage_is_full(caller: Caller) -> None:
    caller.switch(storage_records=1)
    caller.upsert("1", LastName="Lee")
    assert error(caller.upsert("2", LastName="Li")) == (403, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")
    assert caller.upsert("1", LastName="Li").status_code == 200


def test_what_the_user_may_not_do(caller: Caller) -> None:
    caller.upsert("1", LastName="Lee", Title="Owner")
    caller.switch(hidden_fields=["Contact.Title"], read_only_fields=["Contact.Phone"])
    assert refused(caller, Title="x")[:2] == ("INVALID_FIELD", "No such column 'Title' on sobject of type Contact")
    assert refused(caller, Phone="5")[0] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    caller.switch(read_only_objects=["Contact"])
    assert error(caller.upsert("1", LastName="Li"))[:2] == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    caller.switch(hidden_objects=["Contact"])
    assert error(caller.upsert("1", LastName="Li"))[:2] == (404, "NOT_FOUND")
