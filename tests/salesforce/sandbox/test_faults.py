"""Faults, seen by a client over real sockets: what was answered, and what was done all the same."""

import time
from typing import Any

import pytest
import requests

from salesforce.sandbox import KEY, rules_from
from salesforce.sandbox.faults import ACTIONS
from tests.salesforce.sandbox.app_client import AppClient
from tests.salesforce.sandbox.caller import Caller, error, row, why

ONE, MANY = f"{KEY}/", "composite/sobjects"


def pushed(caller: Caller, timeout: float = 10, number: int = 4) -> requests.Response:
    """A collection, whatever becomes of it."""
    rows = [{"attributes": {"type": "Contact"}, **row(str(place))} for place in range(number)]
    path = f"{caller.url}/services/data/v67.0/composite/sobjects/Contact/{KEY}"
    headers = {"Authorization": f"Bearer {caller.token}"}
    return caller.session.patch(path, json={"records": rows}, headers=headers, timeout=timeout)


def alive(caller: Caller) -> int:
    return caller.app.org.tables["Contact"].alive


@pytest.mark.parametrize(("commit", "made"), [(None, 4), (False, 0)])
def test_a_timeout_after_the_commit_and_one_before(caller: Caller, commit: bool | None, made: int) -> None:
    caller.fault("silence", MANY, seconds=30, **({} if commit is None else {"commit": commit}))
    with pytest.raises(requests.ReadTimeout):
        pushed(caller, 0.3)
    assert alive(caller) == made
    assert [result["created"] for result in pushed(caller).json()] == [not made] * 4
    assert alive(caller) == 4


@pytest.mark.parametrize("action", ["drop", "cut", "wrong_length"])
@pytest.mark.parametrize("commit", [True, False])
def test_broken_connections(caller: Caller, action: str, commit: bool) -> None:
    caller.fault(action, MANY, commit=commit)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        pushed(caller)
    assert alive(caller) == 4 * commit


@pytest.mark.parametrize(("action", "status"), [("status", 503), ("html", 502), ("unauthorized", 401), ("throttle", 403)])
@pytest.mark.parametrize("commit", [True, False])
def test_refused_and_refused_but_done(caller: Caller, action: str, status: int, commit: bool) -> None:
    caller.fault(action, MANY, commit=commit, **({"status": status} if action in {"status", "html"} else {}))
    assert pushed(caller).status_code == status
    assert alive(caller) == 4 * commit


def test_what_a_refusal_says(caller: Caller) -> None:
    caller.fault("html", MANY, status=503)
    assert pushed(caller).text.startswith("<!DOCTYPE html>")
    caller.fault("unauthorized", MANY)
    assert error(pushed(caller)) == (401, "INVALID_SESSION_ID", "Session expired or invalid")
    assert pushed(caller).status_code == 200  # the token itself was never dead


@pytest.mark.parametrize(
    ("kind", "status", "word", "after"),
    [
        ("none", 403, "TotalRequests", None),
        ("concurrent", 403, "ConcurrentPerOrgLongTxn", None),
        ("bare", 429, "TotalRequests", None),
        ("seconds", 429, "TotalRequests", "7"),
    ],
)
def test_limits_in_all_their_forms(caller: Caller, kind: str, status: int, word: str, after: str | None) -> None:
    caller.fault("throttle", MANY, retry_after=kind, seconds=7)
    reply = pushed(caller)
    assert error(reply) == (status, "REQUEST_LIMIT_EXCEEDED", f"{word} Limit exceeded.")
    assert reply.headers.get("Retry-After") == after


def test_half_an_answer(caller: Caller) -> None:
    caller.fault("truncate", MANY)
    with pytest.raises(requests.JSONDecodeError):
        pushed(caller).json()
    assert alive(caller) == 4


def test_slow_answers(caller: Caller) -> None:
    caller.fault("trickle", MANY, seconds=0.1)
    began = time.monotonic()
    assert pushed(caller).status_code == 200
    assert time.monotonic() - began >= 0.05
    caller.switch(latency=0.05)
    began = time.monotonic()
    pushed(caller)
    assert time.monotonic() - began >= 0.05


def test_a_hanging_call_is_carried_out_after_its_caller_left(caller: Caller) -> None:
    caller.fault("hang", MANY, seconds=0.4)
    with pytest.raises(requests.ReadTimeout):
        pushed(caller, 0.1)
    assert alive(caller) == 0
    deadline = time.monotonic() + 5
    while alive(caller) == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert alive(caller) == 4


def test_some_rows_are_locked(caller: Caller) -> None:
    caller.fault("row_error", MANY, rows=0.5)
    results = pushed(caller, number=100).json()
    failed = [result for result in results if not result["success"]]
    assert 30 < len(failed) < 70 and alive(caller) == 100 - len(failed)
    code, message, fields = why(failed[0])
    assert (code, fields) == ("UNABLE_TO_LOCK_ROW", [])
    assert message.startswith("unable to obtain exclusive access to this record")
    assert all(result["success"] for result in pushed(caller).json())


def test_a_chosen_row_fails_in_chosen_words(caller: Caller) -> None:
    caller.fault("row_error", MANY, key="^2 ", code="UNKNOWN_EXCEPTION", message="nobody knows")
    assert [result["success"] for result in pushed(caller).json()] == [True, True, False, True]
    there = caller("GET", f"/sobjects/Contact/{KEY}/1").json()["Id"]
    caller.fault("row_error", MANY, key=there)
    message = why(pushed(caller).json()[1])[1]
    assert message == f"unable to obtain exclusive access to this record or 1 records: {there}"


def test_a_single_row_is_locked(caller: Caller) -> None:
    caller.fault("row_error", ONE)
    assert error(caller.upsert("1", LastName="Lee"))[:2] == (400, "UNABLE_TO_LOCK_ROW")
    assert caller.upsert("1", LastName="Lee").status_code == 201


def test_half_a_collection_is_saved(caller: Caller) -> None:
    caller.fault("half", MANY, status=500)
    assert pushed(caller).status_code == 500
    assert alive(caller) == 2
    assert [result["created"] for result in pushed(caller).json()] == [False, False, True, True]


def test_an_answer_with_fewer_results_than_rows(caller: Caller) -> None:
    caller.fault("fewer", MANY)
    assert len(pushed(caller).json()) == 3 and alive(caller) == 4
    caller.fault("fewer", ONE)
    assert caller.upsert("9", LastName="Lee").json()["success"] is True  # nothing to take away


def job(caller: Caller, rows: int = 4) -> str:
    asked = {"object": "Contact", "operation": "upsert", "externalIdFieldName": KEY}
    id = caller("POST", "/jobs/ingest", asked).json()["id"]
    headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": "text/csv"}
    table = f"{KEY},LastName\n" + "".join(f"{number},Lee\n" for number in range(rows))
    caller.raw("PUT", f"/services/data/v67.0/jobs/ingest/{id}/batches", data=table, headers=headers)
    caller("PATCH", f"/jobs/ingest/{id}", {"state": "UploadComplete"})
    return id  # type: ignore[no-any-return]


def last_look(caller: Caller, id: str) -> Any:
    return [caller("GET", f"/jobs/ingest/{id}").json() for _ in range(3)][-1]


def test_a_job_that_fails_keeps_what_it_saved(caller: Caller) -> None:
    caller.fault("job_fails", "jobs/ingest/", method="PATCH", rows=0.75, message="InternalServerError : retried too often")
    id = job(caller)
    told = last_look(caller, id)
    assert (told["state"], told["errorMessage"]) == ("Failed", "InternalServerError : retried too often")
    assert alive(caller) == 3
    rest = caller("GET", f"/jobs/ingest/{id}/unprocessedrecords").text
    assert rest == f'"{KEY}","LastName"\n"3","Lee"\n'


def test_a_job_that_fails_before_its_first_half(caller: Caller) -> None:
    caller.fault("job_fails", "jobs/ingest/", method="PATCH", rows=0.25)
    assert last_look(caller, job(caller))["errorMessage"].startswith("InternalServerError")
    assert alive(caller) == 1


def test_rows_of_a_job_are_locked(caller: Caller) -> None:
    caller.fault("row_error", "jobs/ingest/", method="PATCH", key="^[12] ", code="TooManyLockFailure")
    id = job(caller)
    assert last_look(caller, id)["numberRecordsFailed"] == 2
    failed = caller("GET", f"/jobs/ingest/{id}/failedResults").text
    assert failed.count("TooManyLockFailure:Too many lock failures while processing the current batch.:--") == 2


def test_a_token_that_dies_with_a_call(caller: Caller) -> None:
    caller.fault("session_ends", MANY, after=1)
    assert pushed(caller).status_code == 200
    assert error(pushed(caller))[:2] == (401, "INVALID_SESSION_ID")
    assert pushed(caller).status_code == 401
    caller.token = caller.control("POST", "session", {}).json()["access_token"]
    caller.fault("session_ends", MANY, commit=True)
    assert pushed(caller).status_code == 200
    assert pushed(caller).status_code == 401


def test_an_answer_given_once_more(caller: Caller) -> None:
    caller.fault("repeat", "/sobjects/Contact$", after=1)
    first = caller.create(LastName="Lee")
    assert caller.create(LastName="Li") == first and alive(caller) == 1
    caller.fault("repeat", "/sobjects/Contact$", after=1, commit=True)
    caller.create(LastName="Lo")
    caller.create(LastName="La")
    assert alive(caller) == 3
    caller.fault("repeat", "/sobjects/Account$")
    assert caller.create("Account", Name="Ltd").startswith("001")  # there was none to repeat


def test_a_proxy_that_repeats_the_call(caller: Caller) -> None:
    caller.fault("twice", MANY)
    assert [result["created"] for result in pushed(caller).json()] == [False] * 4
    assert alive(caller) == 4


def test_a_rotated_token_used_twice_by_a_proxy(caller: Caller) -> None:
    client = AppClient(caller)
    token = client.connect()["refresh_token"]
    caller.fault("twice", "oauth2/token")
    assert client.refresh(token).status_code == 400
    assert caller.state["grants"]["replays"] == 1


def test_a_share_of_the_calls(caller: Caller) -> None:
    caller.fault("status", MANY, times=0, share=0.3, commit=True)
    statuses = [pushed(caller).status_code for _ in range(60)]
    assert 8 < statuses.count(500) < 30
    assert caller.state["faults"]["fired"] == {"status": statuses.count(500)}


def test_rules_are_checked(caller: Caller) -> None:
    assert len(rules_from([{"action": name} for name in ACTIONS])) == len(ACTIONS)
    for rule in ({"action": "skip_page"}, {"action": "drop", "colour": 1}, {"action": "drop", "path": "("}):
        with pytest.raises(ValueError, match=r"fault|rule|expression"):
            rules_from([rule])
        assert caller.control("PUT", "faults", [rule]).status_code == 400
