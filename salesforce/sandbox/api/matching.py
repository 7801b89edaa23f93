"""Finding rows by a key (contract sections 3, 4 and 10)."""

from collections.abc import Iterator
from typing import Any

from salesforce.sandbox.api.errors import Problem, Refusal, refusal
from salesforce.sandbox.org.fields import Field
from salesforce.sandbox.org.records import State, Table
from salesforce.sandbox.org.sobjects import View
from salesforce.sandbox.switches import Switches


class Several(Refusal):
    """More than one row has the key: 300 for a single call, DUPLICATE_EXTERNAL_ID for a row (its text: A)."""

    def __init__(self, key: Field, found: list[State]) -> None:
        ids = ", ".join(state["Id"] for state in found)
        message = f"more than one record found for external id field: [{ids}]"
        super().__init__(Problem("DUPLICATE_EXTERNAL_ID", message, (key.name,)), status=300)
        self.found = found


def matches(table: Table, field: Field, value: Any, switches: Switches) -> Iterator[State]:
    """Living rows with this value, oldest first."""
    wanted = form(field, value, switches)
    return (state for state in table.by(field.name, value) if form(field, state[field.name], switches) == wanted)


def form(field: Field, value: Any, switches: Switches) -> Any:
    """Values of one form are the same key."""
    if not isinstance(value, str):
        return value
    text = value.strip() if switches.key_ignores_blanks else value
    return text.casefold() if switches.key_ignores_case and not field.raw["caseSensitive"] else text


def key_field(view: View, name: str) -> Field:
    """The field an upsert may go by."""
    field = view.field(name)
    if field is None or not field.key:
        message = f"Field name provided, {name} does not match an External ID, Salesforce Id, or indexed field for {view.name}"
        raise refusal("INVALID_FIELD", message)
    return field
