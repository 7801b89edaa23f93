"""What the integration's user may see: the org's people, permission sets, field-level security, and the switches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from salesforce.sandbox.org.fields import Field
from salesforce.sandbox.org.places import code_fields
from salesforce.sandbox.org.sobjects import MAIN, Sobject, View
from salesforce.sandbox.switches import Switches

if TYPE_CHECKING:
    from salesforce.sandbox.org.org import Org
    from salesforce.sandbox.org.records import State

_WIDE = ("PermissionsApiEnabled", "PermissionsViewSetup", "PermissionsCustomizeApplication")


def settle(org: "Org") -> None:
    """The org's first day: its name, its two people, and the permission set that belongs to their profile."""
    who = org.credentials
    named = {"Name": "Sandbox Plumbing", "OrganizationType": "Developer Edition", "InstanceName": "SBX1", "IsSandbox": True}
    org.insert("Organization", {"Id": who.org_id, **named}, "org")
    profile = org.insert("Profile", {"Name": "System Administrator"}, "org")["Id"]
    for id, username, last in ((who.user_id, who.username, "Integration"), (who.human_id, "human@hub.sandbox", "Human")):
        names = {"Username": username, "FirstName": "Sandbox", "LastName": last, "Name": f"Sandbox {last}", "Email": username}
        org.insert("User", {"Id": id, **names, "UserType": "Standard", "IsActive": True, "ProfileId": profile}, "org")
    owned = {"Name": f"X{profile}", "Label": "System Administrator", "IsOwnedByProfile": True, "ProfileId": profile}
    sets = org.insert("PermissionSet", {**owned, **dict.fromkeys(_WIDE, True)}, "org")
    org.insert("PermissionSetAssignment", {"AssigneeId": who.user_id, "PermissionSetId": sets["Id"]}, "org")


def own_set(org: "Org") -> str:
    """The permission set of the integration user's profile."""
    return next(str(state["Id"]) for state in org.tables["PermissionSet"].all() if state.get("IsOwnedByProfile"))


def grant(org: "Org", full_name: str, *, edit: bool = True) -> None:
    """Field-level security as an admin clicks it together: the profile sees the field."""
    hide(org, full_name)
    values = {"ParentId": own_set(org), "SobjectType": full_name.partition(".")[0], "Field": full_name}
    org.insert("FieldPermissions", {**values, "PermissionsRead": True, "PermissionsEdit": edit}, "org")


def hide(org: "Org", full_name: str) -> None:
    for state in org.tables["FieldPermissions"].by("Field", full_name):
        org.bury("FieldPermissions", state, "org")


@dataclass(frozen=True, slots=True)
class Access:
    read: bool
    edit: bool


def access(org: "Org", full_name: str) -> Access:
    sets = set(_sets(org))
    rows = [row for row in org.tables["FieldPermissions"].by("Field", full_name) if row["ParentId"] in sets]
    return Access(any(row.get("PermissionsRead") for row in rows), any(row.get("PermissionsEdit") for row in rows))


def _sets(org: "Org") -> Iterator[str]:
    rows: Iterable[State] = org.tables["PermissionSetAssignment"].all()
    return (row["PermissionSetId"] for row in rows if row["AssigneeId"] == org.credentials.user_id)


def view(org: "Org", sobject: Sobject, switches: Switches) -> View:
    fields = [*sobject.fields.values(), *(code_fields(sobject.name) if switches.state_country_picklists else ())]
    seen = (_seen(org, sobject.name, field, switches) for field in fields)
    writable = sobject.writable and sobject.name not in switches.read_only_objects
    return View(sobject, filter(None, seen), writable=writable)


def _seen(org: "Org", sobject: str, field: Field, switches: Switches) -> Field | None:
    full_name = f"{sobject}.{field.name}"
    allowed = Access(read=True, edit=True)
    if field.raw["custom"] and field.raw["permissionable"] and sobject in MAIN:
        allowed = access(org, full_name)
    if not allowed.read or full_name in switches.hidden_fields:
        return None
    changes: dict[str, bool] = {}
    if not allowed.edit or full_name in switches.read_only_fields:
        changes |= {"createable": False, "updateable": False}
    if full_name in switches.required_fields:
        changes |= {"nillable": False, "defaultedOnCreate": False}
    if full_name in switches.restricted_picklists:
        changes["restrictedPicklist"] = True
    return field.but(**changes) if changes else field
