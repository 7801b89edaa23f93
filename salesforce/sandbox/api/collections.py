"""Up to 200 rows in one call (contract section 4)."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from config.sandbox.http import Answer, json_answer
from salesforce.sandbox.api import render
from salesforce.sandbox.api.call import Call
from salesforce.sandbox.api.errors import Problem, Refusal, Rejection, malformed, not_found, refusal, rejection
from salesforce.sandbox.api.matching import form, key_field
from salesforce.sandbox.api.rows import done
from salesforce.sandbox.api.writer import Writer
from salesforce.sandbox.org.fields import Field
from salesforce.sandbox.org.ids import whole

MOST = 200
_UPSERT_SINCE = 46
_BACK = Problem(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)
Row = dict[str, Any]
Save = Callable[[Row], Row]  # a row to its result, or Refusal


def create(call: Call) -> Answer:
    writers: dict[str, Writer] = {}

    def save(row: Row) -> Row:
        return done(_writer(call, writers, row).create(row).id)

    return _all(call, _rows(call), save)


def update(call: Call) -> Answer:
    writers: dict[str, Writer] = {}

    def save(row: Row) -> Row:
        id = next((value for name, value in row.items() if name.lower() == "id"), None)
        if not id:
            raise refusal("MISSING_ARGUMENT", "Id not specified in an update call", "Id")
        values = {name: value for name, value in row.items() if name.lower() != "id"}
        return done(_writer(call, writers, row).update(str(id), values).id)

    return _all(call, _rows(call), save)


def upsert(call: Call) -> Answer:
    if call.version < _UPSERT_SINCE:
        raise not_found()
    sobject, name = call.names
    rows, writer = _rows(call), Writer(call, sobject)
    try:
        key = key_field(writer.view, name)
    except Refusal as wrong:
        if call.switches.wrong_key_in == "call":
            raise Rejection(*wrong.problems) from None
        return json_answer([_failed(call, wrong) for _ in rows])
    often = Counter(form(key, _value(row, key), call.switches) for row in rows if not isinstance(_value(row, key), (list, dict)))

    def save(row: Row) -> Row:
        value = _value(row, key)
        if isinstance(value, (str, int, float)) and often[form(key, value, call.switches)] > 1:
            raise refusal("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", key.name)
        if call.switches.foreign_type == "refuse" and _type(row).lower() != writer.view.name.lower():
            raise refusal("INVALID_TYPE", f"{_type(row)} is not {writer.view.name}, which the address names")
        values = {field: content for field, content in row.items() if field.lower() != key.name.lower()}
        saved = writer.upsert(key, value, values)
        assert saved is not None  # only updateOnly gives None
        return done(saved.id, created=saved.created)

    return _all(call, rows, save)


def delete(call: Call) -> Answer:
    """`allOrNone` is read from the address here, and only here."""
    ids = [id for id in (call.request.last("ids") or "").split(",") if id]
    _check_number(len(ids))

    def save(row: Row) -> Row:
        prefix = row["id"][:3]
        sobject = next((one for one in call.org.sobjects.values() if one.prefix == prefix), None)
        if sobject is None:
            raise refusal("MALFORMED_ID", f"malformed id {row['id']}")
        Writer(call, sobject.name).delete(row["id"])
        return done(whole(row["id"]) or row["id"])

    return _saved(call, [{"id": id} for id in ids], save, together=call.request.last("allOrNone") == "true")


def retrieve(call: Call) -> Answer:
    """In the order of the ids; null for one that is not there."""
    view = call.view(call.names[0])
    ids = (call.request.last("ids") or "").split(",")
    names = (call.request.last("fields") or "Id").split(",")
    fields = [field for name in names if (field := view.field(name)) is not None]
    if len(fields) < len(names):
        raise rejection("INVALID_FIELD", f"No such column in {', '.join(names)} on sobject of type {view.name}")
    records = [call.org.tables[view.name].get(whole(id) or "") for id in ids]
    shown = [None if one is None or one.deleted else render.record(call, view, one.state, fields) for one in records]
    return json_answer(shown)


def _value(row: Row, key: Field) -> Any:
    return next((value for name, value in row.items() if name.lower() == key.name.lower()), None)


def _rows(call: Call) -> list[Row]:
    rows = call.object().get("records")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise malformed("Cannot deserialize instance of list<SObject> from the property records at [line:1, column:1]")
    _check_number(len(rows))
    for row in rows:
        if not _type(row):
            raise malformed("Every record needs attributes with a type at [line:1, column:1]")
    return rows


def _check_number(number: int) -> None:
    if number > MOST:
        message = f"record limit reached. cannot submit more than {MOST} records into this call"
        raise rejection("EXCEEDED_ID_LIMIT", message)


def _type(row: Row) -> str:
    attributes = row.get("attributes")
    return str(attributes.get("type") or "") if isinstance(attributes, dict) else ""


def _writer(call: Call, writers: dict[str, Writer], row: Row) -> Writer:
    name = _type(row)
    if call.org.view(name, call.switches) is None:
        raise refusal("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    if name not in writers:
        writers[name] = Writer(call, name)
    return writers[name]


def _all(call: Call, rows: list[Row], save: Save) -> Answer:
    return _saved(call, rows, save, together=call.object().get("allOrNone") is True)


def _saved(call: Call, rows: list[Row], save: Save, *, together: bool) -> Answer:
    """A result for every row, in the same order; the call succeeds also where every row failed."""
    mark = call.org.journal.mark()
    results = []
    for row in rows:
        try:
            results.append(save(row))
        except Rejection:
            call.org.back_to(mark)
            raise
        except Refusal as refused:
            results.append(_failed(call, refused))
    if together and not all(result["success"] for result in results):
        call.org.back_to(mark)
        results = [_taken_back(call, result) if result["success"] else result for result in results]
    return json_answer(results)


def _failed(call: Call, refused: Refusal) -> Row:
    errors = [problem.row() for problem in refused.problems]
    if not call.switches.duplicate_result_in_rows:
        for error in errors:
            error.pop("duplicateResult", None)
    created = {"created": False} if call.switches.created_on_failed == "false" else {}
    return {"success": False, "errors": errors, **created}


def _taken_back(call: Call, result: Row) -> Row:
    id = {"id": result["id"]} if call.switches.rolled_back_keeps_id else {}
    return {**id, "success": False, "errors": [_BACK.row()]}
