"""The part of SOQL that is read, and how long results go on."""

from typing import Any

import pytest

from salesforce.sandbox import KEY
from tests.salesforce.sandbox.caller import Caller, error, row


@pytest.fixture
def people(caller: Caller) -> Caller:
    account = caller.upsert("9", "Account", Name="Lee Ltd", AnnualRevenue=5).json()["id"]
    caller.push(
        row("1", "Lee", FirstName="Ann", Email="ann@example.com", AccountId=account, Birthdate="1980-05-06"),
        row("2", "Li", FirstName="Bob"),
        row("3", "O'Neil", MailingLatitude=42.5),
        row("4", "100%", Title="a_b"),
    )
    return caller


def numbers(caller: Caller, where: str) -> list[str]:
    found = caller.query(f"SELECT {KEY} FROM Contact {where}")["records"]
    return [record[KEY] for record in found]


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ("", "1234"),
        ("WHERE LastName = 'lee'", "1"),
        ("WHERE LastName != 'Lee'", "234"),
        ("WHERE FirstName <> 'Ann'", "234"),  # none is not Ann either
        ("WHERE FirstName = null", "34"),
        ("WHERE FirstName != null AND LastName LIKE 'L%'", "12"),
        ("WHERE LastName LIKE '_i'", "2"),
        ("WHERE LastName = 'O\\'Neil'", "3"),
        ("WHERE LastName LIKE '100\\%'", "4"),
        (f"WHERE {KEY} IN ('1', '3', '7')", "13"),
        (f"WHERE {KEY} NOT IN ('1', '3')", "24"),
        ("WHERE MailingLatitude > 42 AND MailingLatitude <= 42.5", "3"),
        ("WHERE Birthdate < 1990-01-01", "1"),
        ("WHERE SystemModstamp >= 2026-11-02T15:00:00Z AND LastName >= 'm'", "3"),
        ("WHERE SystemModstamp > 2026-11-02T10:00:00-05:00", ""),
        ("WHERE IsEmailBounced = false AND NOT LastName = 'Lee'", "234"),
        ("WHERE (LastName = 'Lee' OR LastName = 'Li') AND FirstName = 'Bob'", "2"),
        ("WHERE LastName = 'Lee' OR (LastName = 'Li' AND FirstName = 'Bob')", "12"),
        ("WHERE Account.Name = 'Lee Ltd'", "1"),
        ("WHERE Account.AnnualRevenue > 1", "1"),
        ("WHERE Contact.LastName = 'Li'", "2"),
        ("ORDER BY FirstName", "3412"),
        ("ORDER BY FirstName DESC", "2134"),
        ("ORDER BY LastName ASC LIMIT 2 OFFSET 1", "12"),
        (f"where {KEY.lower()} = '1' limit 5", "1"),
    ],
)
def test_conditions_and_order(people: Caller, where: str, wanted: str) -> None:
    found = numbers(people, where)
    assert "".join(found if "ORDER" in where else sorted(found)) == wanted


def test_ties_keep_the_second_order(people: Caller) -> None:
    assert numbers(people, "ORDER BY FirstName NULLS LAST, LastName DESC") == ["1", "2", "3", "4"]
    assert numbers(people, "ORDER BY FirstName NULLS FIRST, LastName ASC") == ["4", "3", "1", "2"]


def test_an_answer(people: Caller) -> None:
    answer = people.query(f"SELECT Id, Name, Account.Name, Account.{KEY}, Owner.Username FROM Contact WHERE LastName = 'Lee'")
    assert (answer["totalSize"], answer["done"]) == (1, True)
    record = answer["records"][0]
    assert list(record) == ["attributes", "Id", "Name", "Account", "Owner"]
    assert record["attributes"]["url"].endswith(record["Id"])
    assert (record["Account"]["Name"], record["Account"][KEY]) == ("Lee Ltd", "9")
    assert record["Account"]["attributes"]["type"] == "Account"
    assert record["Owner"]["Username"] == people.app.org.credentials.username
    assert people.query("SELECT Account.Name FROM Contact WHERE LastName = 'Li'")["records"][0]["Account"] is None


def test_ids_in_both_lengths(people: Caller) -> None:
    id = people.query("SELECT Id FROM Contact LIMIT 1")["records"][0]["Id"]
    for form in (id, id[:15]):
        assert people.query(f"SELECT Id FROM Contact WHERE Id = '{form}'")["totalSize"] == 1
    account = people.query("SELECT Id FROM Account")["records"][0]["Id"]
    assert numbers(people, f"WHERE AccountId = '{account[:15]}'") == ["1"]


def test_counting(people: Caller) -> None:
    assert people.query("SELECT count() FROM Contact WHERE FirstName = null") == {"totalSize": 2, "done": True, "records": []}


def test_deleted_rows(people: Caller) -> None:
    people("DELETE", f"/sobjects/Contact/{KEY}/1")
    assert people.query("SELECT count() FROM Contact")["totalSize"] == 3
    found = people("GET", "/queryAll", q="SELECT Id FROM Contact WHERE IsDeleted = true").json()
    assert found["totalSize"] == 1


def test_a_long_result_goes_on(caller: Caller) -> None:
    caller.push(*[row(str(number)) for number in range(7)])
    caller.switch(query_batch=3)
    answer = caller.query(f"SELECT {KEY} FROM Contact")
    seen, sizes = [], []
    while True:
        seen += [record[KEY] for record in answer["records"]]
        sizes.append(len(answer["records"]))
        if answer["done"]:
            break
        assert answer["totalSize"] == 7
        answer = caller("GET", answer["nextRecordsUrl"].removeprefix("/services/data/v67.0")).json()
    assert (sorted(seen), sizes) == ([str(number) for number in range(7)], [3, 3, 1])
    assert "nextRecordsUrl" not in answer


def test_a_locator_does_not_live_for_ever(caller: Caller) -> None:
    caller.push(*[row(str(number)) for number in range(3)])
    caller.switch(query_batch=2, locator_hours=1)
    rest = caller.query("SELECT Id FROM Contact")["nextRecordsUrl"].removeprefix("/services/data/v67.0")
    assert caller("GET", rest).status_code == 200
    caller.advance(hours=1)
    assert error(caller("GET", rest))[:2] == (400, "INVALID_QUERY_LOCATOR")
    assert error(caller("GET", "/query/rubbish"))[1] == "INVALID_QUERY_LOCATOR"


def test_the_caller_chooses_the_batch(caller: Caller) -> None:
    for start in (0, 200):
        caller.push(*[row(str(start + number)) for number in range(200)])
    caller.headers["Sforce-Query-Options"] = "batchSize=50"  # the least is 200
    assert len(caller.query("SELECT Id FROM Contact")["records"]) == 200


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("SELECT", "<EOF>"),
        ("SELECT Id", "<EOF>"),
        ("SELECT Id FROM Contact WHERE", "<EOF>"),
        ("SELECT Id FROM Contact WHERE LastName", "<EOF>"),
        ("SELECT Id FROM Contact WHERE LastName = Lee", "Lee"),
        ("SELECT Id FROM Contact WHERE LastName = 'Lee", "'"),
        ("SELECT Id FROM Contact GROUP BY Id", "GROUP"),
        ("SELECT Id FROM Contact LIMIT x", "x"),
        ("SELECT Id FROM Contact ORDER BY Id NULLS", "<EOF>"),
        ("SELECT MAX(Id) FROM Contact", "("),
        ("SELECT Name, (SELECT Id FROM Contacts) FROM Account", "("),
        ("SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Account)", "SELECT"),
        ("SELECT FIELDS(ALL) FROM Contact", "("),
        ("SELECT Id FROM Contact c", "c"),
        ("DELETE FROM Contact", "DELETE"),
        ("SELECT Id FROM Contact WHERE CreatedDate = TODAY", "TODAY"),
        ("SELECT Id, FROM Contact", "FROM"),
    ],
)
def test_what_is_beyond(caller: Caller, text: str, token: str) -> None:
    status, code, message = error(caller("GET", "/query", q=text))
    assert (status, code) == (400, "MALFORMED_QUERY")
    assert message.endswith(f"unexpected token: '{token}'") and text in message


def test_no_query_at_all(caller: Caller) -> None:
    assert error(caller("GET", "/query"))[:2] == (400, "MALFORMED_QUERY")


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("SELECT Id FROM Boat", "INVALID_TYPE", "sObject type 'Boat' is not supported."),
        ("SELECT Shoe FROM Contact", "INVALID_FIELD", "No such column 'Shoe' on entity 'Contact'."),
        ("SELECT Boat.Name FROM Contact", "INVALID_FIELD", "Didn't understand relationship 'Boat' in field path."),
        ("SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered in a query call"),
        ("SELECT Id FROM Contact ORDER BY Description", "INVALID_FIELD", "can not be sorted in a query call"),
        ("SELECT Id FROM Contact WHERE LastName = 5", "INVALID_FIELD", "must be of type string and should be enclosed"),
        ("SELECT Id FROM Contact WHERE IsDeleted = 'x'", "INVALID_FIELD", "must be of type boolean and should not be"),
        ("SELECT Id FROM Contact WHERE Birthdate > '2020'", "INVALID_FIELD", "must be of type date and should not be"),
    ],
)
def test_wrong_names_and_values(caller: Caller, text: str, code: str, words: str) -> None:
    status, found, message = error(caller("GET", "/query", q=text))
    assert (status, found) == (400, code) and words in message


def test_a_hidden_field_is_no_column(caller: Caller) -> None:
    caller.switch(hidden_fields=["Contact.Email"])
    assert error(caller("GET", "/query", q="SELECT Email FROM Contact"))[1] == "INVALID_FIELD"


def rows_of(caller: Caller, text: str, path: str = "/query") -> list[dict[str, Any]]:
    reply = caller("GET", path, q=text)
    assert reply.status_code == 200, reply.text
    return [{name: value for name, value in record.items() if name != "attributes"} for record in reply.json()["records"]]


def test_what_a_set_up_check_asks(caller: Caller) -> None:
    who = caller.app.org.credentials
    org = rows_of(caller, "SELECT Id, Name, IsSandbox, OrganizationType FROM Organization")[0]
    assert (org["Id"], org["IsSandbox"]) == (who.org_id, True)
    user = rows_of(caller, f"SELECT Username, IsActive, Profile.Name FROM User WHERE Id = '{who.user_id}'")[0]
    assert (user["Username"], user["IsActive"], user["Profile"]["Name"]) == (who.username, True, "System Administrator")
    text = f"SELECT PermissionSet.PermissionsViewSetup FROM PermissionSetAssignment WHERE AssigneeId = '{who.user_id}'"
    assert rows_of(caller, text)[0]["PermissionSet"]["PermissionsViewSetup"] is True
    text = f"SELECT PermissionsRead, PermissionsEdit, Parent.IsOwnedByProfile FROM FieldPermissions WHERE Field = 'Contact.{KEY}'"
    allowed = rows_of(caller, text)[0]
    assert (allowed["PermissionsRead"], allowed["PermissionsEdit"]) == (True, True)
    rules = "SELECT DeveloperName, IsActive FROM DuplicateRule WHERE SobjectType = 'Contact'"
    assert rows_of(caller, rules) == [{"DeveloperName": "Standard_Contact_Duplicate_Rule", "IsActive": False}]
    caller.switch(duplicate_rule="alert")
    assert rows_of(caller, rules)[0]["IsActive"] is True


def test_what_the_tooling_api_knows_of_the_key_field(caller: Caller) -> None:
    text = "SELECT DataType, IsIndexed FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Contact'"
    found = rows_of(caller, f"{text} AND QualifiedApiName = '{KEY}'", "/tooling/query")
    assert found == [{"DataType": "Text(32) (External ID) (Unique)", "IsIndexed": True}]
    text = "SELECT Id, DeveloperName FROM CustomField WHERE TableEnumOrId = 'Contact'"
    field = rows_of(caller, text, "/tooling/query")[0]
    assert (field["Id"][:3], field["DeveloperName"]) == ("00N", KEY.removesuffix("__c"))
    assert error(caller("GET", "/query", q=text))[:2] == (400, "INVALID_TYPE")
