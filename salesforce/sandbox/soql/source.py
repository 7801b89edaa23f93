"""Where a query's rows come from: tables, and what the org tells about itself."""

from collections.abc import Iterable
from typing import Any

from salesforce.sandbox.api.call import Call
from salesforce.sandbox.api.duplicates import RULE
from salesforce.sandbox.org.fields import Field
from salesforce.sandbox.org.records import State
from salesforce.sandbox.org.sobjects import MAIN

# As FieldDefinition words the types of a describe.
_TYPES = {"string": "Text({0})", "textarea": "Text Area({0})", "reference": "Lookup", "boolean": "Checkbox", "double": "Number"}


def rows(call: Call, sobject: str, *, deleted: bool = False) -> Iterable[State]:
    if sobject in _TOLD:
        return _TOLD[sobject](call)
    table = call.org.tables[sobject]
    return (record.state for record in table.ever()) if deleted else table.all()


def row(call: Call, sobject: str, id: str) -> State | None:
    """What a reference leads to, deleted or not."""
    if sobject in _TOLD:
        return next((one for one in _TOLD[sobject](call) if one["Id"] == id), None)
    record = call.org.tables[sobject].get(id)
    return record.state if record is not None else None


def _entities(call: Call) -> Iterable[State]:
    for name in MAIN:
        sobject = call.org.sobjects[name.lower()]
        if name not in call.switches.hidden_objects:
            named: dict[str, Any] = dict.fromkeys(("Id", "QualifiedApiName", "DeveloperName", "Label"), name)
            yield {**named, "KeyPrefix": sobject.prefix}


def _fields(call: Call) -> Iterable[State]:
    """All of them: this is the org's set-up, which field-level security does not hide (A)."""
    for name in MAIN:
        for field in call.org.sobjects[name.lower()].fields.values():
            yield {
                "Id": f"{name}.{field.name}",
                "QualifiedApiName": field.name,
                "DeveloperName": field.name.removesuffix("__c"),
                "Label": field.label,
                "DataType": _data_type(field),
                "IsIndexed": field.key or bool(field.raw["unique"]),
                "IsNillable": bool(field.raw["nillable"]),
                "Length": field.length,
                "EntityDefinitionId": name,
            }


def _data_type(field: Field) -> str:
    words = _TYPES.get(field.type, field.type.title()).format(field.length)
    marks = [word for word, on in (("External ID", field.raw["externalId"]), ("Unique", field.raw["unique"])) if on]
    return f"{words} ({') ('.join(marks)})" if marks else words


def _rules(call: Call) -> Iterable[State]:
    named = {"DeveloperName": RULE, "MasterLabel": "Standard Contact Duplicate Rule", "SobjectType": "Contact"}
    yield {"Id": "0Bm7w0000000001AAA", **named, "IsActive": call.switches.duplicate_rule != "off"}


_TOLD = {"EntityDefinition": _entities, "FieldDefinition": _fields, "DuplicateRule": _rules}
