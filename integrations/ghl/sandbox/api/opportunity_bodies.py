"""Bodies of opportunity writes, by version (contract section 7)."""

from typing import Any

from integrations.ghl.sandbox.api import shapes
from integrations.ghl.sandbox.api.call import Call
from integrations.ghl.sandbox.api.contact_bodies import custom_values
from integrations.ghl.sandbox.api.shapes import Field, Shape
from integrations.ghl.sandbox.store.records import State

STATUSES = ("open", "won", "lost", "abandoned")  # `all` is for searches only (A)


def _optional(call: Call) -> dict[str, Field]:
    return {
        "name": Field(shapes.filled),
        "status": Field(shapes.one_of(*STATUSES)),
        "pipelineStageId": Field(shapes.text),
        "monetaryValue": Field(shapes.number),
        "assignedTo": Field(shapes.text),
    } | (_FORECAST if call.v3 else {})


_FORECAST = {"forecastExpectedCloseDate": Field(shapes.text), "forecastProbability": Field(shapes.number)}


def update(call: Call) -> Shape:
    spellings = ("fieldValue",) if call.v3 else call.switches.custom_field_spellings
    fields = Field(shapes.entries(spellings, by_key=call.switches.custom_field_by_key))
    shape = _optional(call) | {"pipelineId": Field(shapes.text), "customFields": fields}
    return shape | ({"source": Field(shapes.text)} if call.switches.opportunity_source else {})


def create(call: Call) -> Shape:
    shape = {**update(call), "contactId": Field(shapes.filled), "locationId": Field(shapes.text)}
    required = ("pipelineId", "locationId", "name", "status", "contactId")
    return shape | {name: Field(shape[name].kind, required=True) for name in required}


def upsert(call: Call) -> Shape:
    """Since May 2026 without a contact, which makes it useless for a first write."""
    place = {"pipelineId": Field(shapes.text, required=True), "locationId": Field(shapes.text, required=True)}
    if call.switches.upsert_edition == "2026-04-30":
        return _optional(call) | place | {"contactId": Field(shapes.filled, required=True)}
    return (
        _optional(call)
        | place
        | {
            "id": Field(shapes.text),
            "lostReasonId": Field(shapes.text),
            "followers": Field(shapes.texts, required=True),
            "isRemoveAllFollowers": Field(shapes.flag, required=True),
            "followersActionType": Field(shapes.one_of("add", "remove"), required=True),
        }
        | ({"contactId": Field(shapes.text)} if call.switches.upsert_contact_id else {})
    )


STATUS = {"status": Field(shapes.one_of(*STATUSES), required=True), "lostReasonId": Field(shapes.text)}


def canonical(call: Call, body: dict[str, Any]) -> State:
    values = {name: value for name, value in body.items() if name != "locationId"}
    if "customFields" in values:
        values["customFields"] = custom_values(call, "opportunity", values["customFields"])
    return values
