"""What the hub asks of Salesforce, each operation once. Bodies and names are the vendor's.

Source: REST API Developer Guide (sObject Collections, Describe, Query, Limits) and Bulk API 2.0 Developer Guide.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from django.conf import settings

from config.isolation.egress.retries import Stats
from salesforce.errors import BadAnswer, Missing
from salesforce.http import Transport

Record = dict[str, Any]
MOST = 200  # records of a collection
_QUERIED = 200  # values in one query: the address has a limit of 16,384 bytes
_ALLOW_SAVE = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=true"}


class Client:
    """Every method may raise a SalesforceError; `stats` counts the calls."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    # Records

    def upsert(self, sobject: str, key: str, records: Sequence[Record], stats: Stats) -> list[Record]:
        """By the key field, which every record holds. A result for each, in the same order; None clears a field."""
        return self._collection(f"/composite/sobjects/{sobject}/{key}", sobject, records, stats)

    def update(self, sobject: str, records: Sequence[Record], stats: Stats) -> list[Record]:
        """By `Id`, which every record holds: nothing is made."""
        return self._collection("/composite/sobjects", sobject, records, stats)

    def _collection(self, path: str, sobject: str, records: Sequence[Record], stats: Stats) -> list[Record]:
        rows = [{"attributes": {"type": sobject}, **record} for record in records]
        headers = _ALLOW_SAVE if settings.SALESFORCE_SAVE_DUPLICATES else {}
        results = self.transport.json("PATCH", path, stats, body={"allOrNone": False, "records": rows}, headers=headers)
        if not isinstance(results, list) or len(results) != len(rows) or not all(isinstance(row, dict) for row in results):
            count = len(results) if isinstance(results, list) else "no"
            raise BadAnswer(f"Salesforce answered {count} results for {len(rows)} records: which are whose, nobody can tell.")
        return results

    def ids(self, sobject: str, key: str, values: Sequence[str], stats: Stats) -> dict[str, str]:
        """Ids by the values of the key field; values without a record are not in it."""
        found: dict[str, str] = {}
        for start in range(0, len(values), _QUERIED):
            wanted = ",".join(f"'{_escaped(value)}'" for value in values[start : start + _QUERIED])
            for row in self._rows(f"SELECT Id, {key} FROM {sobject} WHERE {key} IN ({wanted})", stats):
                found[str(row.get(key))] = str(row.get("Id"))
        return found

    def by_key(self, sobject: str, key: str, value: str, stats: Stats) -> Record | None:
        """The whole record; None where there is none."""
        try:
            found = self.transport.json("GET", f"/sobjects/{sobject}/{key}/{quote(value, safe='')}", stats)
        except Missing:
            return None
        return found if isinstance(found, dict) else None

    def _rows(self, soql: str, stats: Stats) -> list[Record]:
        answer = self.transport.json("GET", "/query", stats, query={"q": soql})
        rows: list[Record] = _part(answer, "records", list)
        while not answer.get("done", True) and (more := str(answer.get("nextRecordsUrl") or "")):
            answer = self.transport.json("GET", f"/query/{more.rpartition('/')[2]}", stats)
            rows += _part(answer, "records", list)
        return rows

    # Bulk API 2.0

    def make_job(self, sobject: str, key: str, stats: Stats) -> str:
        """Its id. A job that nobody closes ends by itself after a day, and does nothing."""
        body = {
            "object": sobject, "operation": "upsert", "externalIdFieldName": key, "contentType": "CSV", "lineEnding": "LF",
            "columnDelimiter": "COMMA",
        }  # fmt: skip
        return str(_part(self.transport.json("POST", "/jobs/ingest", stats, body=body), "id", str))

    def upload(self, job_id: str, table: bytes, stats: Stats) -> None:
        """Once a job. UTF-8; an empty cell leaves a field alone, #N/A clears it."""
        headers = {"Content-Type": "text/csv; charset=UTF-8"}
        self.transport.json("PUT", f"/jobs/ingest/{job_id}/batches", stats, data=table, headers=headers)

    def change_job(self, job_id: str, state: str, stats: Stats) -> Record:
        """`state`: UploadComplete, from which on it is worked on, or Aborted."""
        return _object(self.transport.json("PATCH", f"/jobs/ingest/{job_id}", stats, body={"state": state}))

    def job(self, job_id: str, stats: Stats) -> Record:
        """`state`: Open, UploadComplete, InProgress, JobComplete, Failed or Aborted."""
        found = _object(self.transport.json("GET", f"/jobs/ingest/{job_id}", stats))
        _part(found, "state", str)
        return found

    def job_results(self, job_id: str, which: str, stats: Stats) -> str:
        """A table. `which`: successfulResults, failedResults or unprocessedrecords. The order of the rows is not kept."""
        headers = {"Accept": "text/csv"}
        return self.transport.text("GET", f"/jobs/ingest/{job_id}/{which}", stats, headers=headers)

    # The org

    def describe(self, sobject: str, stats: Stats) -> Record:
        found = _object(self.transport.json("GET", f"/sobjects/{sobject}/describe", stats))
        _part(found, "fields", list)
        return found

    def limits(self, stats: Stats) -> Record:
        return _object(self.transport.json("GET", "/limits", stats))

    def query(self, soql: str, stats: Stats) -> list[Record]:
        return self._rows(soql, stats)

    def make_field(self, sobject: str, name: str, metadata: Record, stats: Stats) -> None:
        """Afterwards field-level security still hides it."""
        body = {"FullName": f"{sobject}.{name}", "Metadata": metadata}
        self.transport.json("POST", "/tooling/sobjects/CustomField", stats, body=body)

    def create(self, sobject: str, values: Record, stats: Stats) -> str:
        return str(_part(self.transport.json("POST", f"/sobjects/{sobject}", stats, body=values), "id", str))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def _object(answer: Any) -> Record:
    if not isinstance(answer, dict):
        raise BadAnswer("Salesforce's answer is not the object it should be.")
    return answer


def _part(answer: Any, name: str, kind: type) -> Any:
    part = _object(answer).get(name)
    if not isinstance(part, kind):
        raise BadAnswer(f"Salesforce's answer has no '{name}'.")
    return part
