"""The contract's data files: recorded exchanges replayed, every error produced, every switch tried."""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from salesforce.sandbox import KEY, Switches
from salesforce.sandbox.org.fields import FOLDER, recorded
from salesforce.sandbox.org.ids import checked, whole
from tests.salesforce.sandbox.app_client import AppClient, callback
from tests.salesforce.sandbox.caller import Caller, row
from tests.salesforce.sandbox.contract import CATALOGUE, SAMPLES, shape

HERE = Path(__file__).parent
# What was recorded and cannot be replayed here, and why.
ABSENT = {
    "collections_upsert_6": "there is no Opportunity",
    "collections_upsert_7": "a query within a query is beyond the subset",
    "collections_upsert_null_id_8": "there is no Opportunity",
}
LONG = "x" * 300
Act = Callable[[Caller], Any]


# Recorded exchanges


def prepare(caller: Caller, name: str) -> None:
    """The org as it was when the exchange was recorded, as far as the answer depends on it."""
    if name == "collections_upsert_5":
        for email in ("michael.bluth@example.com", "gob.bluth@example.com", "lindsay.bluth@example.com"):
            caller.create(LastName="Bluth", Email=email)
    if name in {"collections_upsert_3", "collections_upsert_null_id_1", "composite_invalid_type_1"}:
        caller.create("Account", Name="Sitwell-Bluth")
    if name == "collections_upsert_null_id_9":
        caller.create("Account", Name="Sitwell-Bluth", AccountNumber="420")
    if name in {"collections_upsert_4", "collections_upsert_null_id_4"}:
        for first in ("Lindsay", "Audrey"):
            caller.create(LastName="Bluth", FirstName=first)
    if name == "composite_headers_304_1":
        caller.version = 49


def replayed(caller: Caller, request: Any) -> Any:
    address = urlsplit(request["uri"])
    body = request["body"]
    if body is not None:
        body = _of_version(body, caller.version)
    path = re.sub(r"^/services/data/v[^/]+", "", address.path)
    return caller(request["method"], path, body, **parse_qs(address.query))


def _of_version(value: Any, version: int) -> Any:
    if isinstance(value, dict):
        return {name: _of_version(content, version) for name, content in value.items()}
    if isinstance(value, list):
        return [_of_version(content, version) for content in value]
    return value.replace("vxx.0", f"v{version}.0") if isinstance(value, str) else value


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in ABSENT])
def test_a_recorded_exchange(caller: Caller, name: str) -> None:
    """The same status, names and kinds of values; a describe's age is the org's own."""
    prepare(caller, name)
    request, response = SAMPLES[name]["request"], SAMPLES[name]["response"]
    if name == "composite_headers_304_1":
        for part in request["body"]["compositeRequest"]:
            part["httpHeaders"]["If-Modified-Since"] = "Thu, 03 Sep 2099 21:35:07 GMT"
    reply = replayed(caller, request)
    assert reply.status_code == response["status"]
    assert shape(reply.json()) == shape(response["body"])


def test_texts_of_recorded_errors(caller: Caller) -> None:
    """To the letter: the arrow stands below the unknown object."""
    for name in ("composite_not_found_1", "composite_invalid_type_1"):
        answers = replayed(caller, SAMPLES[name]["request"]).json()["compositeResponse"]
        for answer, wanted in zip(answers, SAMPLES[name]["response"]["body"]["compositeResponse"], strict=True):
            if wanted["httpStatusCode"] >= 400:
                assert answer == wanted


def test_recorded_ids_have_the_check_letters_we_give() -> None:
    ids = re.findall(r"'id': '(00\w{16})'", str(SAMPLES))
    real = [id for id in ids if "x" not in id]  # one was made up by the recorder
    assert len(real) > 10
    for id in real:
        assert checked(id[:15]) == id == whole(id[:15]) == whole(id)
        assert whole(id[:15] + "zzz") is None


def test_the_recorded_describes_hold_nothing_of_their_org() -> None:
    for name in ("Contact", "Account"):
        assert not [field["name"] for field in recorded(name)["fields"] if field["name"].endswith("__c")]
    assert "BSD" in (FOLDER / "account.json").read_text()
    assert "Salesforce.com, Inc." in (FOLDER / "LICENSE-CumulusCI.txt").read_text()


# Errors


def _locked(caller: Caller) -> Any:
    caller.fault("row_error")
    return caller.upsert("1", LastName="Lee")


def _locked_often(caller: Caller) -> Any:
    caller.fault("row_error", "composite/sobjects", code="TooManyLockFailure")
    return caller.push(row("1"))


def _switched(**switches: Any) -> Act:
    def act(caller: Caller) -> Any:
        caller.switch(**switches)
        return caller.upsert("1", LastName="Lee")

    return act


def _row(**values: Any) -> Act:
    return lambda caller: caller.upsert("1", **{"LastName": "Lee", **values})


def _pushed(*rows: dict[str, Any], together: bool = False) -> Act:
    return lambda caller: caller.push(*rows, together=together)


def _dead(caller: Caller) -> Any:
    caller.token = "rubbish"
    return caller("GET", "/limits")


def _no_scope(caller: Caller) -> Any:
    caller.token = AppClient(caller).connect(scope="id")["access_token"]
    return caller("GET", "/limits")


def _bulk_dead(caller: Caller) -> Any:
    caller.switch(bulk_session_error="bulk")
    return caller.raw("GET", "/services/data/v67.0/jobs/ingest")


def _twice(caller: Caller) -> Any:
    caller.human("remove_field", sobject="Contact", name=KEY)
    caller.human("add_field", sobject="Contact", name=KEY, type="Text", length=9, externalId=True)
    for _ in range(2):
        caller.create(LastName="Lee", **{KEY: "1"})


def _several(caller: Caller) -> Any:
    _twice(caller)
    return caller.upsert("1", LastName="Lee")


def _several_rows(caller: Caller) -> Any:
    _twice(caller)
    return caller.push(row("1"))


def _unique(caller: Caller) -> Any:
    caller.upsert("1", LastName="Lee")
    return caller("POST", "/sobjects/Contact", {"LastName": "Lee", KEY: "1"})


def _duplicate(caller: Caller) -> Any:
    caller.switch(duplicate_rule="alert")
    values = {"LastName": "Lee", "Email": "a@example.com"}
    caller.create(**values)
    return caller("POST", "/sobjects/Contact", values)


def _deleted(caller: Caller) -> Any:
    id = caller.create(LastName="Lee")
    caller("DELETE", f"/sobjects/Contact/{id}")
    return caller("GET", f"/sobjects/Contact/{id}")


def _rule(caller: Caller) -> Any:
    caller.control("PUT", "rules", [{"sobject": "Contact", "field": "LastName", "pattern": "L", "message": "no"}])
    return caller.upsert("1", LastName="Lee")


def _gone(caller: Caller) -> Any:
    caller.version = 30
    return caller("GET", "/limits")


def _halted(caller: Caller) -> Any:
    url = "/services/data/v67.0/sobjects/Contact"
    parts: list[Any] = [{"method": "POST", "url": url, "referenceId": name, "body": {}} for name in ("a", "b")]
    return caller("POST", "/composite", {"allOrNone": True, "compositeRequest": parts}).json()["compositeResponse"][1]["body"]


def _concurrent(caller: Caller) -> Any:
    caller.fault("throttle", retry_after="concurrent")
    return caller("GET", "/limits")


def _unavailable(caller: Caller) -> Any:
    caller.fault("status", status=503, body='[{"errorCode": "SERVER_UNAVAILABLE", "message": "x"}]')
    return caller.raw("GET", "/services/data")


def _slow(caller: Caller) -> Any:
    caller.fault("status", status=400, body='[{"errorCode": "QUERY_TIMEOUT", "message": "x"}]')
    return caller.raw("GET", "/services/data")


def _limit(caller: Caller) -> Any:
    caller.control("PUT", "usage", {"others": 100_000})
    return caller("GET", "/limits")


# In the catalogue's order: how each error is brought about.
REST: list[Act] = [
    _dead,
    _no_scope,
    _bulk_dead,
    _limit,
    _concurrent,
    _switched(api_enabled=False),
    _switched(read_only_objects=["Contact"]),
    _row(LastName=None),
    _row(FirstName=LONG),
    _row(Email="x"),
    _duplicate,
    _unique,
    _pushed(row("1"), row("1")),
    _several_rows,
    _several,
    lambda caller: caller("GET", "/sobjects/Boat"),
    lambda caller: caller("PATCH", "/sobjects/Contact/Shoe__c/1", {}),
    lambda caller: caller("PATCH", "/sobjects/Contact/LastName/Lee", {}),
    _row(Shoe=9),
    _row(Account={KEY: "9"}),
    _row(**{KEY: "1"}),
    _row(CreatedDate="2026-01-01"),
    _rule,
    _switched(failing_triggers=["Contact"]),
    lambda caller: (_switched(state_country_picklists=True)(caller), _row(MailingState="Mich", MailingCountry="x")(caller))[1],
    _row(CleanStatus="Rubbish"),
    _locked,
    _locked_often,
    _deleted,
    _row(AccountId="0017w0000000zzzAAA"),
    _pushed(row("1"), {KEY: "2"}, together=True),
    _halted,
    lambda caller: caller("PATCH", f"/composite/sobjects/Contact/{KEY}", {"records": [row(str(n)) for n in range(201)]}),
    _row(AccountId="rubbish"),
    _row(FirstName=5),
    lambda caller: caller("PUT", "/sobjects/Contact"),
    lambda caller: (_switched(storage_records=1)(caller), caller.upsert("2", LastName="Lee"))[1],
    _gone,
    _unavailable,
    _slow,
]


def errors_of(result: Any) -> list[dict[str, Any]]:
    """Code, message and status of what an answer, or the rows of a collection, complain about."""
    if isinstance(result, list):
        bodies = [error for entry in result for error in entry.get("errors", [entry])]
        return [_error(body, 200) for body in bodies]
    bodies = result.json() if isinstance(result.json(), list) else [result.json()]
    if result.status_code == 300:
        return [{"code": None, "message": "", "http": 300}]
    return [_error(body, result.status_code) for body in bodies]


def _error(body: dict[str, Any], status: int) -> dict[str, Any]:
    code = next(body[name] for name in ("statusCode", "errorCode", "exceptionCode") if name in body)
    return {"code": code, "message": body.get("message", body.get("exceptionMessage")), "http": status}


def _pattern(message: str) -> str:
    """The catalogue's text with its {places} open."""
    open_places = re.sub(r"\\\{[^}]*\\\}", ".*", re.escape(message))
    return open_places.replace("LastName\\]", ".*\\]")


def _name(entry: dict[str, Any]) -> str:
    return f"{entry['code']}: {str(entry['message'])[:40]}"


def _spoken(entry: dict[str, Any]) -> bool:
    """Whether the catalogue quotes the vendor, rather than describing."""
    return bool(entry["message"]) and not entry["message"].startswith(
        ("(", "body is", "the text of", "an Apex", "There's", "insufficient")
    )


PRODUCED = [pytest.param(act, entry, id=_name(entry)) for act, entry in zip(REST, CATALOGUE["rest"], strict=True)]


@pytest.mark.parametrize(("act", "entry"), PRODUCED)
def test_every_error_of_the_catalogue(caller: Caller, act: Act, entry: dict[str, Any]) -> None:
    found = errors_of(act(caller))
    codes = {None} if entry["code"] is None else set(entry["code"].split(" / "))
    fitting = [error for error in found if error["code"] in codes]
    assert fitting, found
    statuses = entry["http"] if isinstance(entry["http"], list) else [entry["http"]]
    assert fitting[0]["http"] in statuses
    if _spoken(entry):
        assert re.search(_pattern(entry["message"]), fitting[0]["message"]), fitting


@pytest.mark.parametrize("entry", CATALOGUE["oauth"], ids=lambda entry: f"{entry['error']}: {entry['error_description']}")
def test_every_oauth_error_is_tested(entry: dict[str, Any]) -> None:
    """The tests of OAuth hold each of these texts against an answer."""
    tests = "".join((HERE / f"test_oauth_{name}.py").read_text() for name in ("web", "tokens"))
    assert all(error in tests for error in entry["error"].split(" | "))
    assert (entry["error_description"] or "") in tests or entry["error"] == "inactive_org"


def test_a_denial_in_the_catalogues_words(caller: Caller) -> None:
    caller.switch(consent="deny")
    assert callback(AppClient(caller).authorize())["error_description"] == "end-user denied authorization"


# Switches


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Switches)])
def test_every_switch_is_tried_somewhere(name: str) -> None:
    tests = "".join(path.read_text() for path in HERE.glob("test_*.py"))
    assert re.search(rf"\b{name}=", tests)
