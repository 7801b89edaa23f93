"""Bulk API 2.0 ingest (contract section 6)."""

import csv
import io
from typing import Any

import pytest
import requests

from salesforce.sandbox import KEY
from tests.salesforce.sandbox.caller import Caller, error

HEADER = f"{KEY},LastName,Title"
ENDING = "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is"
Rows = list[dict[str, str]]


class Bulk:
    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    def open(self, **changes: Any) -> requests.Response:
        asked = {"object": "Contact", "operation": "upsert", "externalIdFieldName": KEY, "contentType": "CSV"}
        return self.caller("POST", "/jobs/ingest", asked | changes)

    def put(self, id: str, text: str | bytes, kind: str = "text/csv") -> requests.Response:
        headers = {"Authorization": f"Bearer {self.caller.token}", "Content-Type": kind}
        data = text.encode() if isinstance(text, str) else text
        return self.caller.raw("PUT", f"/services/data/v67.0/jobs/ingest/{id}/batches", data=data, headers=headers)

    def change(self, id: str, state: str) -> requests.Response:
        return self.caller("PATCH", f"/jobs/ingest/{id}", {"state": state})

    def look(self, id: str) -> Any:
        return self.caller("GET", f"/jobs/ingest/{id}").json()

    def start(self, text: str, **changes: Any) -> str:
        id = self.open(**changes).json()["id"]
        assert self.put(id, text).status_code == 201
        assert self.change(id, "UploadComplete").status_code == 200
        return id  # type: ignore[no-any-return]

    def run(self, text: str, **changes: Any) -> str:
        id = self.start(text, **changes)
        for _ in range(3):
            self.last = self.look(id)
        return id

    def results(self, id: str, name: str, delimiter: str = ",") -> Rows:
        reply = self.caller("GET", f"/jobs/ingest/{id}/{name}")
        assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/csv")
        return list(csv.DictReader(io.StringIO(reply.text), delimiter=delimiter))

    def errors(self, id: str) -> dict[str, str]:
        return {found[KEY]: found["sf__Error"] for found in self.results(id, "failedResults")}


@pytest.fixture
def bulk(caller: Caller) -> Bulk:
    return Bulk(caller)


def test_a_job_from_open_to_complete(bulk: Bulk, caller: Caller) -> None:
    there = caller.upsert("2", LastName="Old").json()["id"]
    reply = bulk.open()
    job = reply.json()
    assert reply.status_code == 200 and job["id"].startswith("750")
    assert job == {
        "id": job["id"],
        "operation": "upsert",
        "object": "Contact",
        "createdById": caller.app.org.credentials.user_id,
        "createdDate": "2026-11-02T15:00:00.000+0000",
        "systemModstamp": "2026-11-02T15:00:00.000+0000",
        "state": "Open",
        "externalIdFieldName": KEY,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 67.0,
        "jobType": "V2Ingest",
        "contentUrl": f"services/data/v67.0/jobs/ingest/{job['id']}/batches",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    put = bulk.put(job["id"], f'{HEADER}\n1,Lee,"Owner, ""Ltd"""\n2,Li,\n3,,\n')
    assert (put.status_code, put.content) == (201, b"")
    assert bulk.change(job["id"], "UploadComplete").json()["state"] == "UploadComplete"
    states = [bulk.look(job["id"]) for _ in range(3)]
    assert [state["state"] for state in states] == ["UploadComplete", "InProgress", "JobComplete"]
    assert (states[2]["numberRecordsProcessed"], states[2]["numberRecordsFailed"]) == (3, 1)
    good = {found[KEY]: found for found in bulk.results(job["id"], "successfulResults")}
    assert (good["1"]["sf__Created"], good["2"]["sf__Created"], good["2"]["sf__Id"]) == ("true", "false", there)
    assert good["1"]["Title"] == 'Owner, "Ltd"'
    wanted = {"3": "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"}
    assert bulk.errors(job["id"]) == wanted
    assert bulk.results(job["id"], "unprocessedrecords") == []
    assert caller.read(there)["LastName"] == "Li"


def test_it_takes_as_long_as_it_is_told_to(bulk: Bulk, caller: Caller) -> None:
    caller.switch(bulk_polls=0, bulk_seconds=60)
    id = bulk.start(f"{HEADER}\n1,Lee,\n2,Li,\n")
    assert bulk.look(id)["state"] == "UploadComplete"
    caller.advance(seconds=60)
    assert bulk.look(id)["state"] == "InProgress"
    assert caller.state["Contact"]["alive"] == 1  # half of it
    caller.advance(seconds=59)
    assert bulk.look(id)["state"] == "InProgress"
    caller.advance(seconds=1)
    assert bulk.look(id)["state"] == "JobComplete"
    assert caller.control("GET", "jobs").json()[0]["saved"] == 2


def test_an_empty_cell_leaves_alone_and_a_word_clears(bulk: Bulk, caller: Caller) -> None:
    id = caller.upsert("1", LastName="Lee", Title="Owner", Phone="5").json()["id"]
    bulk.run(f"{KEY},LastName,Title,Phone,MailingStreet\n1,Lee,,#N/A,\"1 Main St\nApt 2\"\n")
    kept = caller.read(id)
    assert (kept["Title"], kept["Phone"], kept["MailingStreet"]) == ("Owner", None, "1 Main St\nApt 2")


def test_types_written_as_text(bulk: Bulk, caller: Caller) -> None:
    caller.human("add_field", sobject="Contact", name="Vip__c", type="Checkbox")
    caller.human("add_field", sobject="Contact", name="Jobs__c", type="Number", precision=9, scale=0)
    id = bulk.run(f"{KEY},LastName,Vip__c,Jobs__c,Birthdate\n1,Lee,true,5,1980-01-02\n2,Li,maybe,,\n3,Lo,,many,\n4,La,,,x\n")
    kept = caller("GET", f"/sobjects/Contact/{KEY}/1").json()
    assert (kept["Vip__c"], kept["Jobs__c"], kept["Birthdate"]) == (True, 5, "1980-01-02")
    assert {text.partition(":")[0] for text in bulk.errors(id).values()} == {"INVALID_TYPE_ON_FIELD_IN_RECORD"}
    assert set(bulk.errors(id)) == {"2", "3", "4"}


def test_a_parent_by_its_key(bulk: Bulk, caller: Caller) -> None:
    account = caller.upsert("9", "Account", Name="Lee Ltd").json()["id"]
    id = bulk.run(f"{KEY},LastName,Account.{KEY}\n1,Lee,9\n2,Li,8\n3,Lo,\n")
    assert caller("GET", f"/sobjects/Contact/{KEY}/1").json()["AccountId"] == account
    wanted = f"INVALID_FIELD:Foreign key external ID: 8 not found for field {KEY} in entity Account:--"
    assert bulk.errors(id) == {"2": wanted}


def test_result_rows_come_in_another_order(bulk: Bulk, caller: Caller) -> None:
    text = HEADER + "\n" + "".join(f"{number},Lee,\n" for number in range(30))
    sent = [str(number) for number in range(30)]
    got = [found[KEY] for found in bulk.results(bulk.run(text), "successfulResults")]
    assert got != sent and sorted(got) == sorted(sent)
    caller.switch(bulk_shuffles=False)
    assert [found[KEY] for found in bulk.results(bulk.run(text), "successfulResults")] == sent


def test_a_key_twice(bulk: Bulk, caller: Caller) -> None:
    id = bulk.run(f"{HEADER}\n1,A,\n2,B,\n1,C,\n")
    words = f"DUPLICATE_VALUE:Duplicate external id specified: 1:{KEY} --"
    assert [found["sf__Error"] for found in bulk.results(id, "failedResults")] == [words, words]
    caller.switch(bulk_chunk=2)  # now the second one is saved with others
    bulk.run(f"{HEADER}\n1,A,\n2,B,\n1,C,\n")
    assert caller("GET", f"/sobjects/Contact/{KEY}/1").json()["LastName"] == "C"


@pytest.mark.parametrize(
    ("text", "changes", "words"),
    [
        (f"{KEY},Shoe\n1,9\n", {}, "InvalidBatch : Field name not found : Shoe"),
        ("LastName\nLee\n", {}, f"InvalidBatch : Field name not found : {KEY}"),
        (f"{KEY},Boat.Name\n1,9\n", {}, "InvalidBatch : Field name not found : Boat.Name"),
        ("", {}, "InvalidBatch : No header row was found"),
        (f"{HEADER}\n1,Lee\n", {}, "InvalidBatch : Row 2 does not fit the header"),
        (f"{HEADER}\r\n1,Lee,\r\n", {}, f"{ENDING} LF"),
        (f"{HEADER}\n1,Lee,\n", {"lineEnding": "CRLF"}, f"{ENDING} CRLF"),
        ("Id,LastName\n,Lee\n", {}, f"InvalidBatch : Field name not found : {KEY}"),
    ],
)
def test_tables_that_fail_the_whole_job(bulk: Bulk, text: str, changes: dict[str, str], words: str) -> None:
    id = bulk.run(text, **changes)
    assert bulk.last["state"] == "Failed" and bulk.last["errorMessage"].startswith(words)
    assert bulk.caller.state["Contact"]["alive"] == 0
    assert bulk.results(id, "successfulResults") == []


def test_bytes_that_are_no_text(bulk: Bulk) -> None:
    id = bulk.open().json()["id"]
    bulk.put(id, f"{HEADER}\n1,L\xe9e,\n".encode("latin-1"))
    bulk.change(id, "UploadComplete")
    assert [bulk.look(id)["state"] for _ in range(2)] == ["UploadComplete", "Failed"]


def test_line_endings_inside_a_cell(bulk: Bulk, caller: Caller) -> None:
    text = f'{KEY},LastName,MailingStreet\n1,Lee,"1 Main St\r\nApt 2"\n'
    bulk.run(text)
    assert "LineEnding" in bulk.last["errorMessage"]
    caller.switch(bulk_line_endings="records")
    bulk.run(text)
    assert bulk.last["state"] == "JobComplete"


@pytest.mark.parametrize(("word", "sign"), [("TAB", "\t"), ("PIPE", "|"), ("SEMICOLON", ";")])
def test_other_delimiters_and_endings(bulk: Bulk, word: str, sign: str) -> None:
    text = f"{HEADER}\r\n1,Lee,\r\n".replace(",", sign)
    id = bulk.run(text, columnDelimiter=word, lineEnding="CRLF")
    assert bulk.results(id, "successfulResults", sign)[0]["LastName"] == "Lee"


def test_insert_update_and_delete(bulk: Bulk, caller: Caller) -> None:
    id = bulk.run("LastName\nLee\n", operation="insert")
    contact = bulk.results(id, "successfulResults")[0]["sf__Id"]
    bulk.run(f"Id,Title\n{contact},Owner\n,Nobody\n", operation="update")
    assert bulk.last["numberRecordsFailed"] == 1
    assert caller.read(contact)["Title"] == "Owner"
    bulk.run(f"Id\n{contact}\n", operation="delete")
    assert caller.state["Contact"]["deleted"] == 1


def test_the_id_of_a_failed_row(bulk: Bulk, caller: Caller) -> None:
    contact = caller.create(LastName="Lee")
    text = f"Id,FirstName\n{contact},{'x' * 41}\n"
    assert bulk.results(bulk.run(text, operation="update"), "failedResults")[0]["sf__Id"] == contact
    there = caller.upsert("1", LastName="Li").json()["id"]
    long = "x" * 81
    ids = {found[KEY]: found["sf__Id"] for found in bulk.results(bulk.run(f"{HEADER}\n1,{long},\n2,,\n"), "failedResults")}
    assert ids == {"1": there, "2": ""}
    caller.version = 52
    assert bulk.results(bulk.run(text, operation="update"), "failedResults")[0]["sf__Id"] == ""


def test_aborting(bulk: Bulk, caller: Caller) -> None:
    id = bulk.start(f"{HEADER}\n1,A,\n2,B,\n3,C,\n4,D,\n")
    assert bulk.change(id, "Aborted").json()["state"] == "Aborted"
    assert sorted(found[KEY] for found in bulk.results(id, "unprocessedrecords")) == ["1", "2", "3", "4"]
    id = bulk.start(f"{HEADER}\n1,A,\n2,B,\n3,C,\n4,D,\n")
    assert [bulk.look(id)["state"] for _ in range(2)] == ["UploadComplete", "InProgress"]
    bulk.change(id, "Aborted")
    assert sorted(found[KEY] for found in bulk.results(id, "successfulResults")) == ["1", "2"]
    assert sorted(found[KEY] for found in bulk.results(id, "unprocessedrecords")) == ["3", "4"]
    assert bulk.look(id)["state"] == "Aborted"
    assert error(bulk.change(id, "Aborted"))[:2] == (400, "INVALIDJOBSTATE")


def test_steps_that_the_state_forbids(bulk: Bulk, caller: Caller) -> None:
    id = bulk.open().json()["id"]
    path = f"/jobs/ingest/{id}"
    assert error(caller("GET", f"{path}/successfulResults"))[:2] == (400, "INVALIDJOBSTATE")
    assert error(caller("DELETE", path))[1] == "INVALIDJOBSTATE"
    bulk.put(id, f"{HEADER}\n1,Lee,\n")
    assert error(bulk.put(id, "2,Li,\n"))[1] == "INVALIDJOBSTATE"
    caller.switch(bulk_one_put=False, bulk_state_status=409)
    assert bulk.put(id, "2,Li,\n").status_code == 201
    bulk.change(id, "UploadComplete")
    assert error(bulk.put(id, "3,Lo,\n"))[0] == 409
    assert error(bulk.change(id, "UploadComplete"))[1] == "INVALIDJOBSTATE"
    assert [bulk.look(id)["state"] for _ in range(3)][-1] == "JobComplete"
    assert caller.state["Contact"]["alive"] == 2


def test_deleting_a_job(bulk: Bulk, caller: Caller) -> None:
    id = bulk.run(f"{HEADER}\n1,Lee,\n")
    assert [job["id"] for job in caller("GET", "/jobs/ingest").json()["records"]] == [id]
    assert caller("DELETE", f"/jobs/ingest/{id}").status_code == 204
    assert error(caller("GET", f"/jobs/ingest/{id}"))[:2] == (404, "NOT_FOUND")
    caller.switch(bulk_delete_status=200, bulk_create_status=201)
    reply = bulk.open()
    assert reply.status_code == 201
    bulk.change(reply.json()["id"], "Aborted")
    assert caller("DELETE", f"/jobs/ingest/{reply.json()['id']}").status_code == 200


def test_how_long_jobs_are_kept(bulk: Bulk, caller: Caller) -> None:
    done, waiting = bulk.run(f"{HEADER}\n1,Lee,\n"), bulk.open().json()["id"]
    caller.switch(session_seconds=10**9)
    caller.token = caller.control("POST", "session", {}).json()["access_token"]
    caller.advance(hours=24.1)
    assert bulk.look(waiting)["state"] == "Aborted"
    caller.advance(hours=6 * 24)
    assert caller("GET", f"/jobs/ingest/{done}").status_code == 404
    caller.switch(bulk_open_hours=1, bulk_results_days=1)
    waiting = bulk.open().json()["id"]
    caller.advance(hours=1.1)
    assert bulk.look(waiting)["state"] == "Aborted"
    caller.advance(hours=24.1)
    assert caller("GET", f"/jobs/ingest/{waiting}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"object": "Boat"}, "INVALIDJOB"),
        ({"operation": "sing"}, "INVALIDJOB"),
        ({"columnDelimiter": "DASH"}, "INVALIDJOB"),
        ({"contentType": "XML"}, "INVALIDJOB"),
        ({"externalIdFieldName": "LastName"}, "INVALID_FIELD"),
        ({"externalIdFieldName": None}, "INVALID_FIELD"),
    ],
)
def test_jobs_that_are_refused(bulk: Bulk, changes: dict[str, Any], code: str) -> None:
    assert error(bulk.open(**changes))[:2] == (400, code)


def test_a_wrong_key_fails_every_row(bulk: Bulk, caller: Caller) -> None:
    caller.switch(wrong_key_in="rows")
    id = bulk.run(f"{HEADER}\n1,Lee,\n", externalIdFieldName="LastName")
    assert "LastName does not match an External ID" in bulk.errors(id)["1"]


def test_how_much_a_job_holds_and_of_what_kind(bulk: Bulk, caller: Caller) -> None:
    caller.switch(bulk_most_bytes=100)
    id = bulk.open().json()["id"]
    assert bulk.put(id, "x" * 76).status_code == 413
    assert error(bulk.put(id, HEADER, "application/json"))[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert bulk.put(id, HEADER, "text/csv; charset=UTF-8").status_code == 201


def test_a_small_table_comes_with_the_job(bulk: Bulk, caller: Caller) -> None:
    job = b'{"object": "Contact", "operation": "insert"}'
    parts = {"job": (None, job, "application/json"), "content": ("content", b"LastName\nLee\n", "text/csv")}
    headers = {"Authorization": f"Bearer {caller.token}"}
    reply = caller.raw("POST", "/services/data/v67.0/jobs/ingest", files=parts, headers=headers)
    assert reply.json()["state"] == "UploadComplete"
    assert [bulk.look(reply.json()["id"])["state"] for _ in range(3)][-1] == "JobComplete"
    reply = caller.raw("POST", "/services/data/v67.0/jobs/ingest", files={"job": parts["job"]}, headers=headers)
    assert error(reply)[:2] == (400, "JSON_PARSER_ERROR")


def test_numbers_that_leave_failures_out(bulk: Bulk, caller: Caller) -> None:
    caller.switch(bulk_processed_counts_failed=False)
    bulk.run(f"{HEADER}\n1,Lee,\n2,,\n")
    assert (bulk.last["numberRecordsProcessed"], bulk.last["numberRecordsFailed"]) == (1, 1)


def test_a_dead_token_at_the_bulk_api(bulk: Bulk, caller: Caller) -> None:
    caller.token = "rubbish"
    assert error(bulk.open())[:2] == (401, "INVALID_SESSION_ID")
    caller.switch(bulk_session_error="bulk")
    headers = {"Authorization": "Bearer rubbish"}
    reply = caller.raw("GET", "/services/data/v67.0/jobs/ingest", headers=headers)
    assert (reply.status_code, reply.json()["exceptionCode"]) == (401, "InvalidSessionId")
    assert error(caller("GET", "/limits"))[1] == "INVALID_SESSION_ID"


def test_duplicate_rules_in_bulk(bulk: Bulk, caller: Caller) -> None:
    caller.switch(duplicate_rule="alert")
    caller.create(LastName="Lee", Email="a@example.com")
    text = f"{KEY},LastName,Email\n1,Lee,a@example.com\n"
    caller.headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"  # it is not for Bulk
    assert bulk.errors(bulk.run(text)) == {"1": "DUPLICATES_DETECTED:Use one of these records?:--"}
    caller.switch(bulk_duplicate_rule=False)
    assert bulk.errors(bulk.run(text)) == {}
