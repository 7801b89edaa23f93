"""Single rows: by id, and by a key (contract section 3)."""

from typing import Any

from config.sandbox.http import Answer, json_answer
from salesforce.sandbox.api import render
from salesforce.sandbox.api.call import Call
from salesforce.sandbox.api.errors import no_such_key, not_found, refusal, rejection
from salesforce.sandbox.api.matching import Several, key_field
from salesforce.sandbox.api.writer import Writer
from salesforce.sandbox.org.fields import Field
from salesforce.sandbox.org.ids import whole
from salesforce.sandbox.org.records import State

_UPSERT_TELLS = 46  # from this version on an upsert answers with a body also where it changed a row


def done(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "success": True, "errors": [], **more}


def create(call: Call) -> Answer:
    writer = Writer(call, call.names[0])
    saved = writer.create(call.object())
    answer = json_answer(done(saved.id), 201)
    answer.headers["Location"] = call.url(writer.view.name, saved.id)
    return answer


def _known(call: Call, sobject: str, id: str) -> str:
    """What is no id at all is taken for the name of a key field."""
    call.view(sobject)
    long = whole(id)
    if long is None:
        raise no_such_key(id)
    return long


def show(call: Call) -> Answer:
    sobject, id = call.names
    view = call.view(sobject)
    record = call.org.tables[view.name].get(_known(call, sobject, id))
    if record is None:
        raise not_found()
    if record.deleted:
        raise refusal("ENTITY_IS_DELETED", "entity is deleted")
    return _shown(call, sobject, record.state)


def _shown(call: Call, sobject: str, state: State) -> Answer:
    view = call.view(sobject)
    fields: list[Field] | None = None
    asked = call.request.last("fields")
    if asked is not None:
        fields = []
        for name in filter(None, asked.split(",")):
            field = view.field(name.strip())
            if field is None:
                raise rejection("INVALID_FIELD", f"No such column '{name}' on sobject of type {view.name}")
            fields.append(field)
    return json_answer(render.record(call, view, state, fields))


def update(call: Call) -> Answer:
    sobject, id = call.names
    Writer(call, sobject).update(_known(call, sobject, id), call.object())
    return Answer(204, b"")


def delete(call: Call) -> Answer:
    sobject, id = call.names
    Writer(call, sobject).delete(_known(call, sobject, id))
    return Answer(204, b"")


# By a key


def _key(call: Call, writer: Writer) -> Field:
    name = call.names[1]
    if writer.view.field(name) is None:
        raise no_such_key(name)
    return key_field(writer.view, name)


def upsert(call: Call) -> Answer:
    sobject, _, value = call.names
    writer = Writer(call, sobject)
    key, values = _key(call, writer), call.object()
    for name in list(values):
        if name.lower() not in {key.name.lower(), "id"}:
            continue
        if call.switches.key_in_body == "refuse":
            raise refusal("INVALID_FIELD", f"The {name} field should not be specified in the sobject data.")
        del values[name]
    only = call.request.last("updateOnly") == "true"
    try:
        saved = writer.upsert(key, value, values, update_only=only)
    except Several as several:
        return _several(call, writer, several)
    if saved is None:
        message = "The requested resource does not exist"
        raise rejection("NOT_FOUND", message, call.switches.update_only_missing_status)
    told = call.version >= _UPSERT_TELLS
    if saved.created:
        return json_answer(done(saved.id, **({"created": True} if told else {})), 201)
    return json_answer(done(saved.id, created=False)) if told else Answer(204, b"")


def _several(call: Call, writer: Writer, several: Several) -> Answer:
    return json_answer([call.url(writer.view.name, state["Id"]) for state in several.found], 300)


def _found(call: Call, writer: Writer) -> State:
    key, value = _key(call, writer), call.names[2]
    if key.name == "Id":
        return writer.find(value).state
    found = writer.found(key, value)
    if not found:
        raise not_found()
    if len(found) > 1:
        raise Several(key, found)
    return found[0]


def show_by_key(call: Call) -> Answer:
    writer = Writer(call, call.names[0])
    try:
        return _shown(call, call.names[0], _found(call, writer))
    except Several as several:
        return _several(call, writer, several)


def delete_by_key(call: Call) -> Answer:
    writer = Writer(call, call.names[0])
    try:
        writer.delete(_found(call, writer)["Id"])
    except Several as several:
        return _several(call, writer, several)
    return Answer(204, b"")
