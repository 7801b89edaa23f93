"""Bodies of contact writes: which properties each operation and version has, and their canonical form."""

from typing import Any

from integrations.ghl.sandbox.api import shapes
from integrations.ghl.sandbox.api.call import Call
from integrations.ghl.sandbox.api.errors import unprocessable
from integrations.ghl.sandbox.api.shapes import Field, Shape
from integrations.ghl.sandbox.store import phones
from integrations.ghl.sandbox.store.records import State

# The channels as the two versions write them; the store keeps those of v3.
CHANNELS = {"Call": "call", "Email": "email", "SMS": "sms", "WhatsApp": "whatsApp", "GMB": "gmb", "FB": "fb"}
_STATUS = {
    "status": Field(shapes.one_of("active", "inactive", "permanent"), required=True),
    "message": Field(shapes.text),
    "code": Field(shapes.text),
}
_INBOUND = {
    "all": Field(
        shapes.nested({"status": Field(shapes.one_of("active", "inactive"), required=True), "message": Field(shapes.text)})
    )
}
_TEXTS = ("firstName", "lastName", "name", "phone", "address1", "city", "state", "website", "timezone", "dateOfBirth")
_SPELLINGS = ("fieldValue", "field_value")  # v3 names both for contacts, the second deprecated


def common(call: Call) -> dict[str, Field]:
    channels = CHANNELS.values() if call.v3 else CHANNELS
    spellings = _SPELLINGS if call.v3 else call.switches.custom_field_spellings
    by_key = call.switches.custom_field_by_key
    return {
        **{name: Field(shapes.text, nullable=True) for name in _TEXTS},
        "email": Field(shapes.email, nullable=True),
        "postalCode": Field(shapes.text),
        "country": Field(shapes.text),
        "dnd": Field(shapes.flag),
        "dndSettings": Field(shapes.nested({name: Field(shapes.nested(_STATUS)) for name in channels})),
        "inboundDndSettings": Field(shapes.nested(_INBOUND)),
        "tags": Field(shapes.texts),
        "customFields": Field(shapes.entries(spellings, by_key=by_key)),
    }


def create(call: Call) -> Shape:
    return common(call) | {
        "locationId": Field(shapes.text, required=True),
        "gender": Field(shapes.text),
        "source": Field(shapes.text),
        "assignedTo": Field(shapes.text),
        "companyName": Field(shapes.text, nullable=True),
    }


def upsert(call: Call) -> Shape:
    return {**create(call), "createNewIfDuplicateAllowed": Field(shapes.flag)}


def update(call: Call) -> Shape:
    return common(call) | {"source": Field(shapes.text, nullable=True), "assignedTo": Field(shapes.text, nullable=True)}


def canonical(call: Call, body: dict[str, Any]) -> State:
    """As the store keeps it: E.164, channels of v3, custom values by the field's id."""
    values = dict(body)
    _phone(call, values)
    if "tags" in values:
        values["tags"] = tags(call, values["tags"])
    if "dndSettings" in values:
        values["dndSettings"] = {CHANNELS.get(name, name): value for name, value in values["dndSettings"].items()}
    if "customFields" in values:
        values["customFields"] = custom_values(call, "contact", values["customFields"])
    return values


def _phone(call: Call, values: State) -> None:
    if not values.get("phone"):
        return
    phone = phones.normal(values["phone"])
    if phone is None and call.switches.loose_phone == "refuse":
        raise unprocessable("phone must be a valid phone number")
    if phone is not None:
        values["phone"] = phone
    elif call.switches.loose_phone == "drop":
        del values["phone"]


def tags(call: Call, names: list[str]) -> list[str]:
    """Each once, in the order they came."""
    written = (name.strip().lower() if call.switches.lower_case_tags else name.strip() for name in names)
    return list(dict.fromkeys(filter(None, written)))


def custom_values(call: Call, model: str, entries: list[dict[str, Any]]) -> State:
    values: State = {}
    for entry in entries:
        field = call.account.fields.find(model, entry)
        if field is not None:
            values[field["id"]] = next((value for name, value in entry.items() if name not in {"id", "key"}), None)
        elif call.switches.unknown_custom_field == "refuse":
            raise unprocessable(f"custom field {entry.get('id', entry.get('key'))} does not exist")
    return values
