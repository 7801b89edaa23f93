"""Several calls in one (contract section 5)."""

from typing import Any

import pytest

from salesforce.sandbox import KEY
from tests.salesforce.sandbox.caller import Caller, error, row

DATA = "/services/data/v67.0"
Parts = list[dict[str, Any]]


def part(name: str, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
    described = {"referenceId": name, "method": method, "url": DATA + path}
    return {**described, **({"body": body} if body is not None else {}), **({"httpHeaders": headers} if headers else {})}


def together(caller: Caller, *parts: dict[str, Any], all_or_none: bool = False) -> Parts:
    reply = caller("POST", "/composite", {"allOrNone": all_or_none, "compositeRequest": list(parts)})
    assert reply.status_code == 200, reply.text
    answers: Parts = reply.json()["compositeResponse"]
    assert [answer["referenceId"] for answer in answers] == [one["referenceId"] for one in parts]
    return answers


def test_later_parts_refer_to_earlier_ones(caller: Caller) -> None:
    answers = together(
        caller,
        part("account", "POST", "/sobjects/Account", {"Name": "Lee Ltd"}),
        part("contact", "PATCH", f"/sobjects/Contact/{KEY}/1", {"LastName": "Lee", "AccountId": "@{account.id}"}),
        part("again", "GET", "/sobjects/Contact/@{contact.id}"),
        part("found", "GET", "/query/?q=SELECT Id FROM Contact WHERE Id = '@{contact.id}'"),
        part("last", "GET", "/sobjects/Contact/@{found.records[0].Id}?fields=LastName"),
    )
    assert [answer["httpStatusCode"] for answer in answers] == [201, 201, 200, 200, 200]
    account = answers[0]["body"]["id"]
    assert answers[0]["httpHeaders"] == {"Location": f"{DATA}/sobjects/Account/{account}"}
    assert answers[2]["body"]["AccountId"] == account and answers[2]["httpHeaders"] == {}
    assert answers[4]["body"]["LastName"] == "Lee"
    assert caller.state["limits"]["calls"] == 1


def test_one_part_that_fails_stops_nobody(caller: Caller) -> None:
    answers = together(
        caller,
        part("bad", "POST", "/sobjects/Contact", {}),
        part("good", "POST", "/sobjects/Contact", {"LastName": "Lee"}),
        part("lost", "GET", "/sobjects/Contact/@{bad.id}"),
    )
    assert [answer["httpStatusCode"] for answer in answers] == [400, 201, 400]
    assert answers[2]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_all_or_none(caller: Caller) -> None:
    parts = (
        part("good", "POST", "/sobjects/Contact", {"LastName": "Lee"}),
        part("bad", "POST", "/sobjects/Contact", {}),
        part("next", "POST", "/sobjects/Contact", {"LastName": "Li"}),
    )
    answers = together(caller, *parts, all_or_none=True)
    codes = [answer["body"][0]["errorCode"] for answer in answers]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    assert caller.state["Contact"]["alive"] == 0
    assert together(caller, parts[0], all_or_none=True)[0]["httpStatusCode"] == 201


def test_a_thousand_rows_in_one_call(caller: Caller) -> None:
    parts = []
    for place in range(5):
        rows = [{"attributes": {"type": "Contact"}, **row(str(place * 200 + number))} for number in range(200)]
        parts.append(part(f"p{place}", "PATCH", f"/composite/sobjects/Contact/{KEY}", {"records": rows}))
    answers = together(caller, *parts)
    assert sum(result["created"] for answer in answers for result in answer["body"]) == 1000
    six = [*parts, part("six", "GET", "/query?q=SELECT Id FROM Contact")]
    assert error(caller("POST", "/composite", {"compositeRequest": six}))[:2] == (400, "LIMIT_EXCEEDED")


def test_twenty_five_parts_and_one_more(caller: Caller) -> None:
    parts = [part(f"p{place}", "GET", "/limits") for place in range(26)]
    together(caller, *parts[:25])
    assert error(caller("POST", "/composite", {"compositeRequest": parts}))[1] == "LIMIT_EXCEEDED"


def test_headers_of_a_part(caller: Caller) -> None:
    seen = caller("GET", "/sobjects").headers["Last-Modified"]
    answer = together(caller, part("known", "GET", "/sobjects", **{"If-Modified-Since": seen}))[0]
    assert (answer["httpStatusCode"], answer["body"]) == (304, None)
    assert set(answer["httpHeaders"]) == {"ETag", "Last-Modified"}


def test_a_part_that_leads_nowhere(caller: Caller) -> None:
    described = {"referenceId": "x", "method": "GET", "url": "/services/oauth2/userinfo"}
    assert together(caller, described)[0]["httpStatusCode"] == 404


@pytest.mark.parametrize("body", [{}, {"compositeRequest": [5]}, {"compositeRequest": [{"method": "GET", "url": "/"}]}])
def test_a_body_that_is_none(caller: Caller, body: Any) -> None:
    assert error(caller("POST", "/composite", body))[:2] == (400, "JSON_PARSER_ERROR")
