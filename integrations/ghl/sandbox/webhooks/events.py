"""Bodies of webhook events: flat, the record's fields beside `type` and `locationId` (contract section 11)."""

from typing import Any

from config.sandbox import moments
from integrations.ghl.sandbox.api import render
from integrations.ghl.sandbox.store.account import Account
from integrations.ghl.sandbox.store.records import State

_CONTACT = (
    "id",
    "address1",
    "city",
    "state",
    "country",
    "postalCode",
    "companyName",
    "source",
    "dateOfBirth",
    "dnd",
    "email",
    "name",
    "firstName",
    "lastName",
    "phone",
    "tags",
    "website",
    "assignedTo",
)
_OPPORTUNITY = ("id", "assignedTo", "contactId", "monetaryValue", "name", "pipelineId", "pipelineStageId", "source", "status")


def body(account: Account, event: str, state: State, id: str, *, nested: bool) -> dict[str, Any]:
    fields = _contact(event, state) if event.startswith("Contact") else _opportunity(state)
    location = account.credentials.location_id
    about = {"type": event, "locationId": location, "timestamp": moments.milliseconds(account.clock.ticks()), "webhookId": id}
    about |= {"appId": account.credentials.client_id, "versionId": account.credentials.client_id.partition("-")[0]}
    return {**about, "data": {**fields, "locationId": location}} if nested else {**fields, **about}


def _contact(event: str, state: State) -> dict[str, Any]:
    fields = {name: state[name] for name in _CONTACT if name in state}
    fields["dateAdded"] = moments.milliseconds(state["dateAdded"])
    fields["customFields"] = [{"id": id, "value": value} for id, value in state["customFields"].items()]
    if event == "ContactDndUpdate":
        fields["dndSettings"] = render.channels(state.get("dndSettings", {}), v3=False)
    return fields


def _opportunity(state: State) -> dict[str, Any]:
    fields = {name: state[name] for name in _OPPORTUNITY if name in state}
    return fields | {"dateAdded": moments.milliseconds(state["createdAt"])}
