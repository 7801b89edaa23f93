"""The objects of the org, and how the integration's user sees them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from salesforce.sandbox.org.fields import Field, made, recorded, reference, system_fields

MAIN = ("Contact", "Account")  # what a push writes to; the other objects are the org's set-up
_FORMS = ("PermissionsRead", "PermissionsEdit")


@dataclass
class Sobject:
    """`described` is what a describe says besides the fields."""

    name: str
    prefix: str
    fields: dict[str, Field]  # by name in lower case: the API does not tell capitals
    described: Mapping[str, Any]
    writable: bool = True
    tooling: bool = False

    def add(self, field: Field) -> None:
        self.fields[field.name.lower()] = field

    def field(self, name: str) -> Field | None:
        return self.fields.get(name.lower())


class View:
    """An object as one user sees it: hidden fields are not there, others can only be read."""

    def __init__(self, sobject: Sobject, fields: Iterable[Field], *, writable: bool) -> None:
        self.name = sobject.name
        self.prefix = sobject.prefix
        self.writable = writable
        self._sobject = sobject
        self._fields = {field.name.lower(): field for field in fields}

    def field(self, name: str) -> Field | None:
        return self._fields.get(name.lower())

    @property
    def fields(self) -> Iterable[Field]:
        return self._fields.values()

    @cached_property
    def relationships(self) -> dict[str, Field]:
        """References by the name of their relationship, in lower case."""
        return {str(field.raw["relationshipName"]).lower(): field for field in self.fields if field.raw["relationshipName"]}

    @cached_property
    def required(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.required)

    @cached_property
    def unique(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.raw["unique"])

    def shown(self) -> dict[str, Any]:
        """A describe without its fields."""
        allowed = dict.fromkeys(("createable", "updateable", "deletable", "undeletable"), self.writable)
        return {**self._sobject.described, **allowed}

    def described(self) -> dict[str, Any]:
        return {**self.shown(), "fields": [dict(field.raw) for field in self.fields]}


def _main(name: str) -> Sobject:
    described = {**recorded(name)}
    rows = described.pop("fields")
    sobject = Sobject(name, described["keyPrefix"], {}, described)
    for row in rows:
        sobject.add(Field(row))
    return sobject


def _made(name: str, prefix: str, *fields: Field, **options: Any) -> Sobject:
    blank = {key: value for key, value in recorded("Contact").items() if key not in {"fields", "childRelationships", "urls"}}
    urls = {"sobject": f"/services/data/{{version}}/sobjects/{name}"}
    urls["describe"] = urls["sobject"] + "/describe"
    named = {"name": name, "label": name, "labelPlural": name + "s", "keyPrefix": prefix, "urls": urls}
    sobject = Sobject(name, prefix, {}, {**blank, **named, "childRelationships": [], "recordTypeInfos": []}, **options)
    for field in (*system_fields(), *fields):
        sobject.add(field)
    return sobject


def _people() -> Iterable[Sobject]:
    yield _made(
        "Organization",
        "00D",
        *(made(name) for name in ("Name", "OrganizationType", "InstanceName")),
        made("IsSandbox", "boolean"),
        writable=False,
    )
    yield _made("Profile", "00e", made("Name"), writable=False)
    yield _made(
        "User",
        "005",
        *(made(name) for name in ("Username", "Name", "FirstName", "LastName", "Email", "UserType")),
        made("IsActive", "boolean"),
        reference("ProfileId", "Profile", "Profile"),
        writable=False,
    )


def _permissions() -> Iterable[Sobject]:
    wide = ("PermissionsApiEnabled", "PermissionsViewSetup", "PermissionsCustomizeApplication", "IsOwnedByProfile")
    yield _made(
        "PermissionSet",
        "0PS",
        *(made(name, nillable=False) for name in ("Name", "Label")),
        *(made(name, "boolean") for name in wide),
        reference("ProfileId", "Profile", "Profile", createable=False, updateable=False),
    )
    yield _made(
        "PermissionSetAssignment",
        "0Pa",
        reference("AssigneeId", "Assignee", "User", nillable=False),
        reference("PermissionSetId", "PermissionSet", "PermissionSet", nillable=False),
    )
    yield _made(
        "FieldPermissions",
        "01k",
        reference("ParentId", "Parent", "PermissionSet", nillable=False),
        *(made(name, nillable=False) for name in ("SobjectType", "Field")),
        *(made(name, "boolean") for name in _FORMS),
    )
    yield _made(
        "ObjectPermissions",
        "110",
        reference("ParentId", "Parent", "PermissionSet", nillable=False),
        made("SobjectType", nillable=False),
        *(made(f"Permissions{verb}", "boolean") for verb in ("Create", "Read", "Edit", "Delete")),
        writable=False,
    )


def _rules() -> Iterable[Sobject]:
    texts = ("DeveloperName", "MasterLabel", "SobjectType")
    yield _made("DuplicateRule", "0Bm", *(made(name) for name in texts), made("IsActive", "boolean"), writable=False)
    yield _made(
        "EntityDefinition",
        "4ie",
        *(made(name) for name in ("QualifiedApiName", "DeveloperName", "Label", "KeyPrefix")),
        writable=False,
        tooling=True,
    )
    yield _made(
        "FieldDefinition",
        "4fd",
        *(made(name) for name in ("QualifiedApiName", "DeveloperName", "Label", "DataType")),
        *(made(name, "boolean") for name in ("IsIndexed", "IsNillable")),
        made("Length", "int"),
        reference("EntityDefinitionId", "EntityDefinition", "EntityDefinition"),
        writable=False,
        tooling=True,
    )
    yield _made("CustomField", "00N", *(made(name) for name in ("DeveloperName", "TableEnumOrId", "FullName")), tooling=True)


def all_sobjects() -> dict[str, Sobject]:
    """By name in lower case."""
    found = [*map(_main, MAIN), *_people(), *_permissions(), *_rules()]
    return {sobject.name.lower(): sobject for sobject in found}
