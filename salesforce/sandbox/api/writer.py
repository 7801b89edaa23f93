"""Saving rows of one object: what is checked, in which order, and what is then stored."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from salesforce.sandbox.api import duplicates, setup
from salesforce.sandbox.api.call import Call
from salesforce.sandbox.api.errors import Problem, Refusal, refusal
from salesforce.sandbox.api.matching import Several, matches
from salesforce.sandbox.api.prepare import Prepare
from salesforce.sandbox.org.fields import Field
from salesforce.sandbox.org.ids import whole
from salesforce.sandbox.org.places import wrong_place
from salesforce.sandbox.org.records import Record, State
from salesforce.sandbox.org.sobjects import MAIN

_MISSING = {
    "INVALID_CROSS_REFERENCE_KEY": "invalid cross reference id",
    "NOT_FOUND": "The requested resource does not exist",
}


class Saved(NamedTuple):
    id: str
    created: bool


class Writer:
    """`csv`: values come as text. `first`: the number of the first row, for faults that hit a share of them."""

    def __init__(self, call: Call, sobject: str, *, csv: bool = False, first: int = 0) -> None:
        self.call = call
        self.view = call.view(sobject)
        self._table = call.org.tables[self.view.name]
        self._prepare = Prepare(call, self.view, csv=csv)
        self._number = first

    # What callers ask for

    def create(self, values: Mapping[str, Any], key: str = "") -> Saved:
        self._begin(key)
        changes = self._prepare(values, "createable")
        self._check_required(changes, self.view.required)
        return Saved(self._insert(changes), created=True)

    def update(self, id: str, values: Mapping[str, Any], key: str = "") -> Saved:
        record = self.find(id)
        self._begin(key, record.state["Id"])
        changes = self._prepare(values, "updateable")
        self._check_required(changes, [field for field in self.view.required if field.name in changes])
        self._change(record, changes)
        return Saved(record.state["Id"], created=False)

    def upsert(self, key: Field, value: Any, values: Mapping[str, Any], *, update_only: bool = False) -> Saved | None:
        """None where nothing matched and nothing may be created."""
        if key.name == "Id":
            return self.update(str(value), values) if value is not None else self.create(values)
        kept = self._prepare.key(key, value)
        found = self.found(key, kept)
        if len(found) > 1:
            raise Several(key, found)
        if found:
            return self.update(found[0]["Id"], values, str(kept))
        return None if update_only else self.create({**values, key.name: kept}, str(kept))

    def found(self, key: Field, value: Any) -> list[State]:
        return list(matches(self._table, key, value, self.call.switches))

    def delete(self, id: str) -> None:
        record = self.find(id)
        self._begin("", record.state["Id"])
        self.call.org.bury(self.view.name, record.state)
        if self.view.name == "Account":  # its contacts go with it
            for contact in self.call.org.tables["Contact"].by("AccountId", record.state["Id"]):
                self.call.org.bury("Contact", contact)

    def find(self, id: str) -> Record:
        """The living row of an id, for a change."""
        long = whole(id)
        if long is None or not long.startswith(self.view.prefix):
            raise refusal("MALFORMED_ID", f"{self.view.name} ID: id value of incorrect type: {id}", "Id")
        record = self._table.get(long)
        if record is None:
            code = self.call.switches.missing_id_code
            raise refusal(code, _MISSING[code])
        if record.deleted:
            raise refusal("ENTITY_IS_DELETED", "entity is deleted")
        return record

    # What is checked

    def _begin(self, key: str, id: str = "") -> None:
        if not self.view.writable:
            raise refusal("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
        number, self._number = self._number, self._number + 1
        fault = self.call.row_fault(number, key, id)
        if fault is not None:
            raise Refusal(fault)

    def _check_required(self, changes: State, fields: Any) -> None:
        missing = [field.name for field in fields if changes.get(field.name) is None]
        if missing:
            raise refusal("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", *missing)

    def _insert(self, changes: State) -> str:
        state = {name: value for name, value in changes.items() if value is not None}
        self._consistent(state, changes)
        self._check_duplicates(state)
        if self.view.name == "FieldPermissions":
            setup.check(self.call, state)
        most = self.call.switches.storage_records
        if most and self.view.name in MAIN and sum(self.call.org.tables[name].alive for name in MAIN) >= most:
            raise refusal("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")
        return str(self.call.org.insert(self.view.name, state)["Id"])

    def _change(self, record: Record, changes: State) -> None:
        state = {name: value for name, value in {**record.state, **changes}.items() if value is not None}
        self._consistent(state, changes)
        if self.call.switches.duplicate_on_update:
            self._check_duplicates(state)
        self.call.org.change(self.view.name, record, changes)

    def _consistent(self, state: State, changes: State) -> None:
        """What a row must be as a whole, before any other row is looked at."""
        self._check_unique(state, changes)
        if self.call.switches.state_country_picklists:
            wrong = wrong_place(self.view.name, state)
            if wrong is not None:
                raise refusal("FIELD_INTEGRITY_EXCEPTION", wrong[1], wrong[0])
        for rule in self.call.org.rules:
            if rule.sobject == self.view.name and re.search(rule.pattern, str(state.get(rule.field, ""))):
                raise refusal("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, rule.field)
        if self.view.name in self.call.switches.failing_triggers:
            text = f"Hub{self.view.name}Trigger: execution of BeforeSave caused by: System.NullPointerException"
            raise refusal("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", text)

    def _check_unique(self, state: State, changes: State) -> None:
        for field in self.view.unique:
            if changes.get(field.name) is None:
                continue
            for other in matches(self._table, field, changes[field.name], self.call.switches):
                if other["Id"] != state.get("Id"):
                    message = f"duplicate value found: {field.name} duplicates value on record with id: {other['Id']}"
                    raise refusal("DUPLICATE_VALUE", message)

    def _check_duplicates(self, state: State) -> None:
        problem: Problem | None = duplicates.problem(self.call, self.view, state)
        if problem is not None:
            raise Refusal(problem)
