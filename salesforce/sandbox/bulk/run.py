"""Working on a job: from one state to the next, and its rows through the same checks as any other write."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from config.sandbox.moments import SECOND
from salesforce.sandbox.api.call import DUPLICATE_HEADER, Call
from salesforce.sandbox.api.errors import Refusal, refusal
from salesforce.sandbox.api.matching import form, key_field
from salesforce.sandbox.api.writer import Saved, Writer
from salesforce.sandbox.bulk.jobs import Cells, Job
from salesforce.sandbox.bulk.table import BadTable, parse
from salesforce.sandbox.org.fields import Field
from salesforce.sandbox.org.sobjects import View

NULL = "#N/A"
_ID_OF_FAILED_SINCE = 53


def look(call: Call, job: Job) -> None:
    """Somebody asks how far the job is: it moves on when it was looked at often enough and its time has come."""
    if not job.running:
        return
    now = call.org.clock.ticks()
    if job.looks >= call.switches.bulk_polls and now - job.changed >= call.switches.bulk_seconds * SECOND:
        _move_on(call, job, now)
    job.looks += 1


def _move_on(call: Call, job: Job, now: int) -> None:
    """Half of the rows are saved when it begins, so that an abort or a failure finds some done and some not."""
    if job.state == "UploadComplete":
        try:
            job.header, job.rows = parse(job, call.switches)
            _check_header(call, job)
        except BadTable as bad:
            job.error = str(bad)
            job.move("Failed", now)
            return
        job.move("InProgress", now)
        _work(call, job, min(_last(job), (len(job.rows) + 1) // 2))
        return
    _work(call, job, _last(job))
    if _fails(job):
        job.error = (job.fault and job.fault.message) or "InternalServerError : The job was retried more than 20 times"
    job.move("Failed" if job.error else "JobComplete", now)


def _fails(job: Job) -> bool:
    return job.fault is not None and job.fault.action == "job_fails"


def _last(job: Job) -> int:
    """Up to which row it comes."""
    return round(len(job.rows) * job.fault.rows) if job.fault is not None and _fails(job) else len(job.rows)


def _check_header(call: Call, job: Job) -> None:
    view = call.view(job.sobject)
    for column in job.header:
        if not _known(call, view, column):
            raise BadTable(f"InvalidBatch : Field name not found : {column}")
    needed = job.key if job.operation == "upsert" else "Id"
    if job.operation != "insert" and needed.lower() not in {column.lower() for column in job.header}:
        raise BadTable(f"InvalidBatch : Field name not found : {needed}")


def _known(call: Call, view: View, column: str) -> bool:
    relationship, dot, name = column.partition(".")
    if not dot:
        return view.field(column) is not None
    reference = view.relationships.get(relationship.lower())
    parent = call.org.view(str(reference.raw["referenceTo"][0]), call.switches) if reference is not None else None
    return parent is not None and parent.field(name) is not None


def _work(call: Call, job: Job, end: int) -> None:
    headers = {name: value for name, value in call.request.headers.items() if name != DUPLICATE_HEADER}
    switches = call.switches if call.switches.bulk_duplicate_rule else call.switches.changed({"duplicate_rule": "off"})
    quiet = replace(call.request, headers=headers)
    worker = _Worker(replace(call, request=quiet, switches=switches, fault=job.fault, number=job.number), job)
    for place in range(job.done, max(job.done, end)):
        worker.save(place)
    job.done = max(job.done, end)


class _Worker:
    def __init__(self, call: Call, job: Job) -> None:
        self._call = call
        self._job = job
        self._writer = Writer(call, job.sobject, csv=True, first=job.done)
        names = [column.lower() for column in job.header]
        place = names.index(job.key.lower()) if job.key.lower() in names else -1
        size = max(1, call.switches.bulk_chunk)
        self._often = [
            Counter(self._form(row[place]) for row in job.rows[start : start + size]) for start in range(0, len(job.rows), size)
        ]
        self._size = size

    def _form(self, value: str) -> Any:
        field = self._writer.view.field(self._job.key)
        return value if field is None else form(field, value, self._call.switches)

    def save(self, place: int) -> None:
        job, cells = self._job, self._job.rows[place]
        values = self._values(cells)
        try:
            saved = self._saved(place, values)
        except Refusal as refused:
            known = self._known(cells) if job.version >= _ID_OF_FAILED_SINCE else ""
            job.failed.append((known, _error(refused), cells))
        else:
            job.saved.append((saved.id, saved.created, cells))

    def _known(self, cells: Cells) -> str:
        """The id of the row that was to be changed; "" where there is none."""
        named = {column.lower(): cell for column, cell in zip(self._job.header, cells, strict=True)}
        field = self._writer.view.field(self._job.key)
        if field is None or not field.key:
            return named.get("id", "")
        found = self._writer.found(field, named[field.name.lower()]) if field.name != "Id" else []
        return str(found[0]["Id"]) if found else named.get("id", "")

    def _values(self, cells: Cells) -> dict[str, Any]:
        """An empty cell leaves the field alone; #N/A clears it."""
        values: dict[str, Any] = {}
        for column, cell in zip(self._job.header, cells, strict=True):
            relationship, dot, name = column.partition(".")
            if cell == "":
                continue
            content = None if cell == NULL else cell
            if dot:
                values[relationship] = None if content is None else {name: content}
            else:
                values[column] = content
        return values

    def _saved(self, place: int, values: dict[str, Any]) -> Saved:
        operation = self._job.operation
        if operation == "insert":
            return self._writer.create(values)
        if operation == "upsert":
            return self._upserted(place, values)
        id = next((str(values.pop(name)) for name in list(values) if name.lower() == "id"), "")
        if not id:
            raise refusal("MISSING_ARGUMENT", "Id not specified", "Id")
        if operation == "update":
            return self._writer.update(id, values)
        self._writer.delete(id)
        return Saved(id, created=False)

    def _upserted(self, place: int, values: dict[str, Any]) -> Saved:
        key: Field = key_field(self._writer.view, self._job.key)
        value = next((values.pop(name) for name in list(values) if name.lower() == key.name.lower()), None)
        if value is not None and self._often[place // self._size][self._form(value)] > 1:
            raise refusal("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", key.name)
        saved = self._writer.upsert(key, value, values)
        assert saved is not None  # only updateOnly gives None
        return saved


def _error(refused: Refusal) -> str:
    """CODE:message:Field --"""
    problem = refused.problems[0]
    fields: Iterable[str] = problem.fields or ()
    return f"{problem.code}:{problem.message}:{' '.join([*fields, '--'])}"
