"""Rows as the API shows them."""

from typing import Any

from config.sandbox import moments
from salesforce.sandbox.api.call import Call
from salesforce.sandbox.org.fields import Field
from salesforce.sandbox.org.org import stamp
from salesforce.sandbox.org.records import State
from salesforce.sandbox.org.sobjects import View

# The parts of a compound address, in the answer's order.
_PARTS = ("City", "Country", "GeocodeAccuracy", "Latitude", "Longitude", "PostalCode", "State", "Street")


def value(field: Field, state: State) -> Any:
    if field.type == "address":
        return _address(field.name.removesuffix("Address"), state)
    if field.type == "boolean":
        return bool(state.get(field.name))
    if field.name == "PhotoUrl":
        return f"/services/images/photo/{state['Id']}"
    return state.get(field.name)


def _address(name: str, state: State) -> dict[str, Any] | None:
    parts = {part[:1].lower() + part[1:]: state.get(f"{name}{part}") for part in _PARTS}
    return parts if any(part is not None for part in parts.values()) else None


def attributes(call: Call, view: View, state: State) -> dict[str, str]:
    return {"type": view.name, "url": call.url(view.name, state["Id"])}


def record(call: Call, view: View, state: State, fields: list[Field] | None = None) -> dict[str, Any]:
    """The whole row, or some of its fields and its id."""
    shown = list(view.fields) if fields is None else fields
    row = {"attributes": attributes(call, view, state), **{field.name: value(field, state) for field in shown}}
    return {**row, "Id": state["Id"]}


def moment(text: str) -> str | None:
    """A moment of a query as rows keep it: UTC, whole seconds."""
    ticks = moments.parse(text)
    return None if ticks is None else stamp(ticks)
