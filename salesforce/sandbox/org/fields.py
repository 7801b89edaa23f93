"""Fields as a describe shows them: recorded ones, made ones, and those an admin adds."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("describe")
_SOAP = {"boolean": "xsd:boolean", "int": "xsd:int", "date": "xsd:date", "datetime": "xsd:dateTime", "id": "tns:ID"}
_SOAP |= {"reference": "tns:ID", "double": "xsd:double", "currency": "xsd:double", "percent": "xsd:double"}
# Types of the Metadata API by which an admin makes a field, and what they are in a describe.
TYPES = {
    "Text": "string",
    "Number": "double",
    "Currency": "currency",
    "Percent": "percent",
    "Email": "email",
    "Phone": "phone",
    "Url": "url",
    "Date": "date",
    "DateTime": "datetime",
    "Checkbox": "boolean",
    "TextArea": "textarea",
    "LongTextArea": "textarea",
    "Picklist": "picklist",
}
_LENGTHS = {"Email": 80, "Phone": 40, "Url": 255, "TextArea": 255, "Picklist": 255}
_KEYS = ("Text", "Number", "Email")  # what may be an External ID (contract section 10)


@cache
def recorded(name: str) -> dict[str, Any]:
    """A recorded describe; its address parts are {version} and {base}."""
    described: dict[str, Any] = json.loads((FOLDER / f"{name.lower()}.json").read_text())
    del described["_source"]
    return described


@cache
def _blank() -> dict[str, Any]:
    """Every property a describe gives a field, at rest."""
    return {**recorded("Contact")["fields"][2], "referenceTo": [], "relationshipName": None, "filterable": True, "sortable": True}


@dataclass(frozen=True, slots=True)
class Field:
    raw: Mapping[str, Any]  # as a describe shows it

    @property
    def name(self) -> str:
        return str(self.raw["name"])

    @property
    def label(self) -> str:
        return str(self.raw["label"])

    @property
    def type(self) -> str:
        return str(self.raw["type"])

    @property
    def length(self) -> int:
        return int(self.raw["length"])

    @property
    def key(self) -> bool:
        """Whether records can be found, and upserted, by it."""
        return bool(self.raw["externalId"] or self.raw["idLookup"])

    @property
    def required(self) -> bool:
        return bool(not self.raw["nillable"] and self.raw["createable"] and not self.raw["defaultedOnCreate"])

    @property
    def values(self) -> frozenset[str] | None:
        """What a restricted picklist allows; none for any other field."""
        if not self.raw["restrictedPicklist"]:
            return None
        return frozenset(one["value"] for one in self.raw["picklistValues"] if one["active"])

    def but(self, **changes: Any) -> "Field":
        return Field({**self.raw, **changes})


def made(name: str, type: str = "string", **changes: Any) -> Field:
    """A field the emulator itself needs, with what its type implies."""
    raw = {
        **_blank(),
        "name": name,
        "label": changes.get("label", name),
        "type": type,
        "length": 0 if type in {"boolean", "int", "double", "currency", "percent", "date", "datetime"} else 255,
        "soapType": _SOAP.get(type, "xsd:string"),
        "createable": True,
        "updateable": True,
        "nillable": type != "boolean",
        "defaultedOnCreate": type == "boolean",
    }
    return Field({**raw, **changes})


def reference(name: str, relationship: str, *to: str, **changes: Any) -> Field:
    return made(name, "reference", length=18, relationshipName=relationship, referenceTo=list(to), **changes)


def system_fields() -> tuple[Field, ...]:
    """What every record has and only the org sets."""
    never = {"createable": False, "updateable": False, "nillable": False, "defaultedOnCreate": True}
    return (
        made("Id", "id", idLookup=True, length=18, **never),
        made("IsDeleted", "boolean", **never),
        made("CreatedDate", "datetime", **never),
        reference("CreatedById", "CreatedBy", "User", **never),
        made("LastModifiedDate", "datetime", **never),
        reference("LastModifiedById", "LastModifiedBy", "User", **never),
        made("SystemModstamp", "datetime", **never),
    )


class BadField(Exception):
    """An admin's field cannot be: why."""


def from_metadata(name: str, metadata: Mapping[str, Any]) -> Field:
    """A custom field as the Metadata API describes it; `name` ends with __c."""
    kind = metadata.get("type")
    if kind not in TYPES:
        raise BadField(f"{kind} is not a field type here; there are {', '.join(TYPES)}")
    if kind in {"Text", "LongTextArea"} and not isinstance(metadata.get("length"), int):
        raise BadField(f"Must specify 'length' for a CustomField of type {kind}")
    if kind == "Text" and not 1 <= metadata["length"] <= 255:
        raise BadField("Length must be between 1 and 255")
    if metadata.get("externalId") and kind not in _KEYS:
        raise BadField(f"Can not specify 'externalId' for a CustomField of type {kind}")
    field = made(name, TYPES[kind], custom=True, label=str(metadata.get("label") or name), **_from(kind, metadata))
    return field.but(byteLength=3 * field.length)


def _from(kind: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that follow from the metadata of a checked kind."""
    long = kind == "LongTextArea"
    shown: dict[str, Any] = {
        "externalId": bool(metadata.get("externalId")),
        "idLookup": bool(metadata.get("externalId")),
        "unique": bool(metadata.get("unique")),
        "caseSensitive": bool(metadata.get("caseSensitive")),
        "inlineHelpText": metadata.get("inlineHelpText"),
        "permissionable": not metadata.get("required"),
        "filterable": not long,
        "sortable": not long,
    }
    if kind != "Checkbox":
        shown["nillable"] = not metadata.get("required")
    if kind in {"Number", "Currency", "Percent"}:
        shown |= {"precision": int(metadata.get("precision", 18)), "scale": int(metadata.get("scale", 0))}
    if kind in _LENGTHS or "length" in metadata:
        shown["length"] = int(metadata.get("length", 0)) or _LENGTHS[kind]
    if kind == "Picklist":
        shown |= picklist(metadata.get("valueSet") or {})
    return shown


def picklist(values: Mapping[str, Any]) -> dict[str, Any]:
    """A `valueSet` of the Metadata API as a describe shows it."""
    entries = (values.get("valueSetDefinition") or {}).get("value") or []
    return {"picklistValues": list(_entries(entries)), "restrictedPicklist": bool(values.get("restricted"))}


def _entries(entries: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    for given in entries:
        name = str(given.get("fullName") or given.get("valueName"))
        yield {**entry(name, str(given.get("label") or name)), "defaultValue": bool(given.get("default"))}


def entry(value: str, label: str) -> dict[str, Any]:
    """One of a picklist's values."""
    return {"active": True, "defaultValue": False, "label": label, "validFor": None, "value": value}
