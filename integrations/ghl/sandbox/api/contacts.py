"""Contacts (contract section 5)."""

from config.sandbox.http import Answer
from integrations.ghl.sandbox.api import contact_bodies as bodies
from integrations.ghl.sandbox.api import render, shapes
from integrations.ghl.sandbox.api.call import Call
from integrations.ghl.sandbox.api.errors import Refusal, traced, unprocessable
from integrations.ghl.sandbox.api.shapes import Field
from integrations.ghl.sandbox.store.contacts import Taken, full_name
from integrations.ghl.sandbox.store.records import State

_TAGS = {"tags": Field(shapes.texts, required=True)}


def find(call: Call) -> State:
    state = call.account.contacts.records.get(call.ids[0])
    if state is None:
        raise call.missing("Contact", call.ids[0])
    return state


def order(call: Call) -> list[str]:
    """The fields that tell contacts apart, as the sub-account has set them."""
    switches = call.switches
    wanted = (switches.dedupe_first, switches.dedupe_second)
    return list(dict.fromkeys(field for field in wanted if field != "none"))


def _duplicate(taken: Taken) -> Refusal:
    meta = {"contactId": taken.holder["id"], "contactName": full_name(taken.holder), "matchingField": taken.field}
    return Refusal(400, "This location does not allow duplicated contacts.", meta=meta)


def _new(call: Call, values: State) -> State:
    values.pop("createNewIfDuplicateAllowed", None)
    return call.account.contacts.create(values)


def create(call: Call) -> Answer:
    body = shapes.check(bodies.create(call), call.body())
    call.own_location(body["locationId"])
    values = bodies.canonical(call, body)
    if not call.switches.allow_duplicate_contact:
        try:
            call.account.contacts.check_free(values, order(call))
        except Taken as taken:
            raise _duplicate(taken) from None
    return traced({"contact": render.contact(_new(call, values), v3=call.v3)}, 201)


def upsert(call: Call) -> Answer:
    """The first field that matches decides; an address of somebody else is ignored without a word."""
    body = shapes.check(bodies.upsert(call), call.body())
    call.own_location(body["locationId"])
    values = bodies.canonical(call, body)
    contacts = call.account.contacts
    always = bool(values.pop("createNewIfDuplicateAllowed", False)) and call.switches.allow_duplicate_contact
    found = None if always else contacts.match(values, order(call))
    if found is None:
        if not (values.get("email") or values.get("phone")) and call.switches.upsert_without_identity == "refuse":
            raise unprocessable("email or phone must be given")
        return _upserted(call, _new(call, values), new=True)
    for field in ("email", "phone"):
        holder = contacts.holder(field, values[field]) if values.get(field) else None
        if holder is not None and holder["id"] != found["id"] and not call.switches.allow_duplicate_contact:
            del values[field]
    for name in ("gender", "locationId"):
        values.pop(name, None)
    return _upserted(call, contacts.change(found, values), new=False)


def _upserted(call: Call, state: State, *, new: bool) -> Answer:
    status = call.switches.upsert_created_status if new else 200
    return traced({"new": new, "contact": render.contact(state, v3=call.v3)}, status)


def show(call: Call) -> Answer:
    return traced({"contact": render.contact(find(call), v3=call.v3)})


def update(call: Call) -> Answer:
    old = find(call)
    values = bodies.canonical(call, shapes.check(bodies.update(call), call.body()))
    contacts = call.account.contacts
    if not call.switches.allow_duplicate_contact:
        try:
            contacts.check_free(values, order(call), own=old["id"])
        except Taken as taken:
            raise _duplicate(taken) from None
    state = contacts.change(old, values, replace_fields=call.switches.put_custom_fields == "replace")
    return traced({"succeeded" if call.v3 else "succeded": True, "contact": render.contact(state, v3=call.v3)})


def delete(call: Call) -> Answer:
    """Takes the contact's opportunities with it: they cannot exist without one (A)."""
    call.account.delete_contact(find(call))
    return traced({"succeded": True} | ({"succeeded": True} if call.v3 else {}))


def add_tags(call: Call) -> Answer:
    state = find(call)
    names = bodies.tags(call, shapes.check(_TAGS, call.body())["tags"])
    return traced({"tags": _set_tags(call, state, [*state["tags"], *names])}, 201)


def remove_tags(call: Call) -> Answer:
    state = find(call)
    names = bodies.tags(call, shapes.check(_TAGS, call.body())["tags"])
    return traced({"tags": _set_tags(call, state, [name for name in state["tags"] if name not in names])})


def _set_tags(call: Call, state: State, names: list[str]) -> list[str]:
    changed = call.account.contacts.change(state, {"tags": list(dict.fromkeys(names))})
    return list(changed["tags"])
