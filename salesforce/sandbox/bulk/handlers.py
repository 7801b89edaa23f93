"""The calls of Bulk API 2.0 ingest (contract section 6)."""

from email.parser import BytesParser
from typing import Any

import msgspec

from config.sandbox.chance import mix
from config.sandbox.http import Answer, json_answer
from salesforce.sandbox.api.call import Call
from salesforce.sandbox.api.errors import Refusal, Rejection, malformed, not_found, rejection
from salesforce.sandbox.api.matching import key_field
from salesforce.sandbox.bulk.jobs import DELIMITERS, ENDINGS, OPERATIONS, OVER, Cells, Job
from salesforce.sandbox.bulk.run import look
from salesforce.sandbox.bulk.table import BadTable, parse, write
from salesforce.sandbox.org.org import stamp

_MOST_MULTIPART = 100_000  # characters


def create(call: Call) -> Answer:
    asked, data = _asked(call)
    job = _job(call, asked)
    if data is not None:
        _add(call, job, data)
        _close(call, job)
    call.api.jobs.add(job)
    return json_answer(_told(call, job), call.switches.bulk_create_status)


def _asked(call: Call) -> tuple[dict[str, Any], bytes | None]:
    """The description and, of a multipart call, the table."""
    kind = call.request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        return call.object(), None
    message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + call.request.body)
    parts = {str(part.get_param("name", header="content-disposition")): part for part in message.walk()}
    if "job" not in parts or "content" not in parts:
        raise malformed("A multipart call needs the parts job and content")
    data = parts["content"].get_payload(decode=True)
    if not isinstance(data, bytes) or len(data) > _MOST_MULTIPART:
        raise rejection("ClientInputError", f"At most {_MOST_MULTIPART} characters can come with the job")
    try:
        asked = msgspec.json.decode(parts["job"].get_payload(decode=True) or b"", type=dict[str, Any])  # type: ignore[arg-type]
    except msgspec.DecodeError as wrong:
        raise malformed(str(wrong)) from None
    return asked, data


def _one_of(asked: dict[str, Any], name: str, words: Any, default: str = "") -> str:
    value = str(asked.get(name) or default)
    if value not in words:
        raise rejection("INVALIDJOB", f"InvalidJob : {name} must be one of {', '.join(words)}, not {value!r}")
    return value


def _job(call: Call, asked: dict[str, Any]) -> Job:
    name, operation = str(asked.get("object") or ""), _one_of(asked, "operation", OPERATIONS)
    view = call.org.view(name, call.switches)
    if view is None:
        raise rejection("INVALIDJOB", f"InvalidJob : Unable to find object: {name}")
    _one_of(asked, "contentType", ("CSV",), "CSV")
    key = str(asked.get("externalIdFieldName") or "") if operation == "upsert" else ""
    if operation == "upsert" and call.switches.wrong_key_in == "call":
        try:
            key = key_field(view, key).name
        except Refusal as wrong:
            raise Rejection(*wrong.problems) from None
    return Job(
        id=call.api.jobs.next_id(),
        sobject=view.name,
        operation=operation,
        key=key,
        ending=_one_of(asked, "lineEnding", ENDINGS, "LF"),
        delimiter=_one_of(asked, "columnDelimiter", DELIMITERS, "COMMA"),
        version=call.version,
        made=call.org.clock.ticks(),
        user=call.org.credentials.user_id,
        changed=call.org.clock.ticks(),
    )


def _found(call: Call) -> Job:
    job = call.api.jobs.find(call.names[0], call.org.clock.ticks(), call.switches)
    if job is None:
        raise not_found()
    return job


def _forbidden(call: Call, job: Job, what: str) -> Rejection:
    return rejection("INVALIDJOBSTATE", f"InvalidJobState : {what} while the job is {job.state}", call.switches.bulk_state_status)


def upload(call: Call) -> Answer:
    job = _found(call)
    if job.state != "Open" or (job.uploads and call.switches.bulk_one_put):
        raise _forbidden(call, job, "Data can't be added")
    if not call.request.headers.get("content-type", "").startswith("text/csv"):
        raise rejection("UNSUPPORTED_MEDIA_TYPE", "The data of a job is text/csv")
    _add(call, job, call.request.body)
    return Answer(201, b"")


def _add(call: Call, job: Job, data: bytes) -> None:
    if (len(job.data) + len(data)) * 4 // 3 > call.switches.bulk_most_bytes:
        raise rejection("ClientInputError", "The data is larger than a job may hold once it is encoded in base64", 413)
    job.data += data
    job.uploads += 1


def change(call: Call) -> Answer:
    """Close or abort."""
    job, state = _found(call), call.object().get("state")
    if state == "UploadComplete" and job.state == "Open":
        _close(call, job)
    elif state == "Aborted" and job.state not in OVER:
        job.move("Aborted", call.org.clock.ticks())
    else:
        raise _forbidden(call, job, f"The state can't become {state}")
    return json_answer(_told(call, job))


def _close(call: Call, job: Job) -> None:
    job.fault, job.number = call.fault, call.number
    job.move("UploadComplete", call.org.clock.ticks())


def show(call: Call) -> Answer:
    job = _found(call)
    look(call, job)
    return json_answer({**_told(call, job), **_progress(call, job)})


def listing(call: Call) -> Answer:
    records = [_told(call, job) for job in call.api.jobs.all()]
    return json_answer({"done": True, "records": records, "nextRecordsUrl": None})


def delete(call: Call) -> Answer:
    job = _found(call)
    if job.state not in {"UploadComplete", *OVER}:
        raise _forbidden(call, job, "It can't be deleted")
    call.api.jobs.remove(job)
    return Answer(call.switches.bulk_delete_status, b"")


def _told(call: Call, job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.sobject,
        "createdById": job.user,
        "createdDate": stamp(job.made),
        "systemModstamp": stamp(job.changed),
        "state": job.state,
        **({"externalIdFieldName": job.key} if job.key else {}),
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(job.version),
        "jobType": "V2Ingest",
        **({"contentUrl": f"services/data/v{call.version}.0/jobs/ingest/{job.id}/batches"} if job.state == "Open" else {}),
        "lineEnding": job.ending,
        "columnDelimiter": job.delimiter,
    }


def _progress(call: Call, job: Job) -> dict[str, Any]:
    counted = len(job.saved) + (len(job.failed) if call.switches.bulk_processed_counts_failed else 0)
    took = 40 * job.done
    return {
        "numberRecordsProcessed": counted,
        "numberRecordsFailed": len(job.failed),
        "retries": 0,
        "totalProcessingTime": took,
        "apiActiveProcessingTime": took,
        "apexProcessingTime": 0,
        **({"errorMessage": job.error} if job.error else {}),
    }


# Results


def _result(call: Call, job: Job, extra: Cells, rows: list[Cells]) -> Answer:
    if job.state not in OVER:
        raise _forbidden(call, job, "There are no results yet")
    if call.switches.bulk_shuffles:
        rows = [row for _, row in sorted(enumerate(rows), key=lambda pair: mix(pair[0]))]
    return Answer(200, write(job, extra, rows), {"Content-Type": "text/csv"})


def successful(call: Call) -> Answer:
    job = _found(call)
    rows = [[id, str(created).lower(), *cells] for id, created, cells in job.saved]
    return _result(call, job, ["sf__Id", "sf__Created"], rows)


def failed(call: Call) -> Answer:
    job = _found(call)
    return _result(call, job, ["sf__Id", "sf__Error"], [[id, error, *cells] for id, error, cells in job.failed])


def unprocessed(call: Call) -> Answer:
    """Of a job that was aborted before its turn: all of them."""
    job = _found(call)
    if job.state == "Aborted" and not job.header:
        try:
            job.header, job.rows = parse(job, call.switches)
        except BadTable as bad:
            job.error = str(bad)
    return _result(call, job, [], job.rows[job.done :])
