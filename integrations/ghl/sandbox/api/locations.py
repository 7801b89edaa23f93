"""The location and its custom fields (contract sections 6 and 7)."""

from typing import Any

from config.sandbox.http import Answer
from integrations.ghl.sandbox.api import shapes
from integrations.ghl.sandbox.api.call import Call
from integrations.ghl.sandbox.api.errors import Refusal, traced
from integrations.ghl.sandbox.api.shapes import Field
from integrations.ghl.sandbox.store.account import DATA_TYPES

_MODEL = shapes.one_of("contact", "opportunity")
_LIST = {"model": Field(shapes.one_of("contact", "opportunity", "all"))}
_CREATE = {
    "name": Field(shapes.filled, required=True),
    "dataType": Field(shapes.one_of(*DATA_TYPES), required=True),
    "placeholder": Field(shapes.text),
    "acceptedFormat": Field(shapes.texts),
    "isMultipleFile": Field(shapes.flag),
    "maxNumberOfFiles": Field(shapes.number),
    "textBoxListOptions": Field(shapes.array),
    "position": Field(shapes.number),
    "model": Field(_MODEL),
}


def show(call: Call) -> Answer:
    call.own_location(call.ids[0])
    switches = call.switches
    settings = {
        "allowDuplicateContact": switches.allow_duplicate_contact,
        "allowDuplicateOpportunity": switches.allow_duplicate_opportunity,
        "allowFacebookNameMerge": False,
        "disableContactTimezone": False,
    }
    location = {
        "id": call.ids[0],
        "companyId": call.account.credentials.company_id,
        "name": "Sandbox Home Services",
        "country": "US",
        "timezone": "US/Eastern",
        "settings": settings,
    }
    return traced({"location": location})


def tags(call: Call) -> Answer:
    """Every tag in use; the location's own list of tags is not kept apart."""
    call.own_location(call.ids[0])
    names = sorted({name for state in call.account.contacts.records.all() for name in state["tags"]})
    return traced({"tags": [{"id": name, "name": name, "locationId": call.ids[0]} for name in names]})


def fields(call: Call) -> Answer:
    call.own_location(call.ids[0])
    model = shapes.check(_LIST, call.query()).get("model", "contact")
    rows = [_row(call, field) for field in call.account.fields.by_id.values() if model in {"all", field["model"]}]
    return traced({"customFields": rows})


def field(call: Call) -> Answer:
    call.own_location(call.ids[0])
    found = call.account.fields.by_id.get(call.ids[1])
    if found is None:
        raise call.missing("Custom field", call.ids[1])
    return traced({"customField": _row(call, found)})


def create_field(call: Call) -> Answer:
    call.own_location(call.ids[0])
    values = shapes.check(_CREATE, call.body())
    status = call.switches.duplicate_field_name_status
    if status != 201 and call.account.fields.named(values.get("model", "contact"), values["name"]):
        message = f"A custom field named {values['name']} already exists"
        raise Refusal(status, [message] if status == 422 else message)
    return traced({"customField": _row(call, call.account.fields.add(values))}, 201)


def _row(call: Call, field: dict[str, Any]) -> dict[str, Any]:
    return field | {"locationId": call.ids[0]}
