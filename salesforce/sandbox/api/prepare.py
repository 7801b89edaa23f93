"""From what a caller sends for one row to what the org would keep of it."""

from collections.abc import Mapping
from typing import Any

from salesforce.sandbox.api.call import Call
from salesforce.sandbox.api.errors import Problem, Refusal, refusal
from salesforce.sandbox.api.matching import Several, matches
from salesforce.sandbox.api.values import NUMBERS, Wrong, read
from salesforce.sandbox.org.fields import Field
from salesforce.sandbox.org.ids import whole
from salesforce.sandbox.org.records import State
from salesforce.sandbox.org.sobjects import View


class Prepare:
    """Every value that is wrong is named, not the first alone."""

    def __init__(self, call: Call, view: View, *, csv: bool) -> None:
        self._call = call
        self._view = view
        self._csv = csv

    def __call__(self, values: Mapping[str, Any], right: str) -> State:
        """`right`: createable or updateable. None for what is cleared."""
        changes: State = {}
        problems: list[Problem] = []
        self._check_rights(values, right)
        for name, value in values.items():
            try:
                changes |= self._one(name, value)
            except Wrong as wrong:
                problems.append(wrong.problem)
        if problems:
            raise Refusal(*problems)
        return changes

    def key(self, field: Field, value: Any) -> Any:
        """The value of a key as the org would keep it; an address writes numbers as text."""
        number = field.type in NUMBERS and isinstance(value, str)
        try:
            kept = read(field, value, self._call.switches, csv=self._csv or number)
        except Wrong as wrong:
            raise Refusal(wrong.problem) from None
        if kept is None and self._call.switches.missing_key == "refuse":
            raise refusal("MISSING_ARGUMENT", f"{field.name} not specified", field.name)
        if not isinstance(kept, str) or self._call.switches.key_ignores_blanks:
            return kept
        return value

    def _check_rights(self, values: Mapping[str, Any], right: str) -> None:
        blocked = []
        for name in values:
            field = self._view.field(name)
            if field is not None and not field.raw[right]:
                blocked.append(field.name)
        if blocked:
            message = (
                f"Unable to create/update fields: {', '.join(blocked)}. Please check the security settings of this field "
                "and verify that it is read/write for your profile or permission set."
            )
            raise refusal("INVALID_FIELD_FOR_INSERT_UPDATE", message, *blocked)

    def _one(self, name: str, value: Any) -> State:
        if name == "attributes":
            return {}
        parent = self._view.relationships.get(name.lower())
        if parent is not None:
            return {parent.name: self._parent(parent, value)}
        field = self._view.field(name)
        if field is None:
            raise refusal("INVALID_FIELD", f"No such column '{name}' on sobject of type {self._view.name}")
        kept = read(field, value, self._call.switches, csv=self._csv)
        if field.type == "reference" and kept is not None:
            kept = self._referred(field, kept)
        return {field.name: kept}

    def _referred(self, field: Field, id: str) -> str:
        """A reference to an object the sandbox has must lead somewhere."""
        long = whole(id) or id
        known = [sobject for name in field.raw["referenceTo"] if (sobject := self._call.org.sobject(name)) is not None]
        if not known:
            return long
        for sobject in known:
            if not long.startswith(sobject.prefix):
                continue
            record = self._call.org.tables[sobject.name].get(long)
            if record is None:
                raise refusal("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
            if record.deleted:
                raise refusal("ENTITY_IS_DELETED", "entity is deleted")
            return long
        raise refusal("MALFORMED_ID", f"{field.label}: id value of incorrect type: {id}", field.name)

    def _parent(self, reference: Field, value: Any) -> str | None:
        """The parent's id by its own key: `{"Account": {"ServiceTitan_Customer_ID__c": "123"}}`."""
        if value is None:
            return None
        entity = str(reference.raw["referenceTo"][0])
        named = {name: key for name, key in value.items() if name != "attributes"} if isinstance(value, dict) else {}
        name, key = next(iter(named.items()), ("", ""))
        view = self._call.org.view(entity, self._call.switches)
        field = view.field(name) if view is not None else None
        if view is None or field is None or not field.key or key in (None, ""):
            raise _no_parent(key, name, entity)
        found = list(matches(self._call.org.tables[view.name], field, key, self._call.switches))
        if len(found) > 1:
            raise Several(field, found)
        if not found:
            raise _no_parent(key, name, entity)
        return str(found[0]["Id"])


def _no_parent(key: Any, name: str, entity: str) -> Refusal:
    return refusal("INVALID_FIELD", f"Foreign key external ID: {key} not found for field {name} in entity {entity}")
