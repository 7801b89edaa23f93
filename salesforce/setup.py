"""Whether the org is set up as it must be. Each finding says what to click.

Source: Salesforce Help, "Create Custom Fields", "Field-Level Security", "Duplicate Rules"; contract section 10.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

from config.isolation.egress.retries import Stats
from salesforce import org as orgs
from salesforce.client import Client
from salesforce.errors import Refused, SalesforceError
from salesforce.mapping.fields import Field
from salesforce.mapping.records import CONTACT, Mapping
from salesforce.models import FieldMapping, Org

OK, WARNING, BAD = "ok", "warning", "bad"
KEY_METADATA = {
    "type": "Text", "label": "ServiceTitan Customer ID", "length": 32, "externalId": True, "unique": True, "caseSensitive": False,
    "description": "Filled in by the ServiceTitan hub. The link between both systems: do not change it.",
}  # fmt: skip
PERMISSION_SET = "ServiceTitan_Hub"


@dataclass(frozen=True)
class Finding:
    """`level`: ok, warning (goes on, not as wanted) or bad (nothing can be sent). `click`: where to go in Salesforce's Setup."""

    level: str
    what: str
    click: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def findings(client: Client, org: Org, stats: Stats) -> list[Finding]:
    """Raises a SalesforceError where the org cannot be asked at all."""
    found: list[Finding] = []
    rows = list(FieldMapping.objects.filter(enabled=True))
    for sobject in orgs.objects():
        fields = orgs.fields_of(org, sobject)
        found.append(_key(sobject, fields))
        found += _required(sobject, fields, rows)
        found += [Finding(WARNING, problem, "In the hub's admin: Salesforce, Field mapping.") for problem in
                  Mapping(sobject, rows, fields).problems]  # fmt: skip
        found += _duplicate_rules(client, sobject, stats)
    found.append(_version(client, stats))
    found += _quota(client, stats)
    return found


def _key(sobject: str, fields: dict[str, Field]) -> Finding:
    name = settings.SALESFORCE_KEY_FIELD
    field = fields.get(name)
    place = f"Setup, Object Manager, {sobject}, Fields & Relationships"
    if field is None:
        return Finding(
            BAD, f"{sobject} has no field {name}, or the hub's user may not see it.",
            f"{place}, New: Text, length 32, tick Unique and External ID, name it {name.removesuffix('__c')}; then Set "
            "Field-Level Security: visible to the hub's user. Or let the hub do both: manage.py salesforce_check --create-field.",
        )  # fmt: skip
    if not field.external_id:
        return Finding(BAD, f"{sobject}.{name} is no External ID.", f"{place}, {field.label}, Edit: tick External ID.")
    if not field.writable:
        click = f"{place}, {field.label}, Set Field-Level Security."
        return Finding(BAD, f"The hub's user may not edit {sobject}.{name}.", click)
    if not field.unique:
        return Finding(
            WARNING, f"{sobject}.{name} is not unique: two records may have the same customer's number.",
            f"{place}, {field.label}, Edit: tick Unique.",
        )  # fmt: skip
    if field.type != "string":
        return Finding(WARNING, f"{sobject}.{name} is of the type {field.type}: text is compared letter by letter.", place)
    return Finding(OK, f"{sobject}.{name} is there: an External ID, unique, and open to the hub's user.")


def _required(sobject: str, fields: dict[str, Field], rows: list[FieldMapping]) -> Iterator[Finding]:
    always = {"LastName" if sobject == CONTACT else "Name", settings.SALESFORCE_KEY_FIELD}
    filled = always | {row.target for row in rows if row.sobject == sobject}
    for field in fields.values():
        if field.required and field.name not in filled:
            yield Finding(
                BAD, f"The org requires {sobject}.{field.name} ({field.label}), and nothing is sent into it.",
                f"In the hub's admin, Salesforce, Field mapping: add a line. Or Setup, Object Manager, {sobject}: not required.",
            )  # fmt: skip


def _duplicate_rules(client: Client, sobject: str, stats: Stats) -> Iterator[Finding]:
    query = f"SELECT DeveloperName, MasterLabel, IsActive FROM DuplicateRule WHERE SobjectType = '{sobject}' AND IsActive = true"
    try:
        rules = client.query(query, stats)
    except Refused:  # the user may not see rules: nothing to say
        return
    for rule in rules:
        name = rule.get("MasterLabel") or rule.get("DeveloperName")
        saved = "It only warns, and is passed over (SALESFORCE_SAVE_DUPLICATES)." if settings.SALESFORCE_SAVE_DUPLICATES else (
            "Customers whom it takes for somebody else are listed as conflicts."
        )  # fmt: skip
        yield Finding(WARNING, f"The duplicate rule '{name}' looks at each {sobject}. {saved}", "Setup, Duplicate Rules.")


def _version(client: Client, stats: Stats) -> Finding:
    version = settings.SALESFORCE_API_VERSION
    try:
        client.transport.json("GET", "", stats)
    except Refused as refused:
        return Finding(BAD, f"API version {version}: {refused}", "Set SALESFORCE_API_VERSION.")
    return Finding(OK, f"The org speaks API version {version}.0.")


def _quota(client: Client, stats: Stats) -> Iterator[Finding]:
    try:
        daily = client.limits(stats).get("DailyApiRequests")
    except SalesforceError:  # it takes the right View Setup, and the header of each answer says the same
        return
    if not isinstance(daily, dict) or not daily.get("Max"):
        return
    used = 100 - 100 * int(daily.get("Remaining") or 0) // int(daily["Max"])
    level = WARNING if used >= settings.SALESFORCE_QUOTA_PERCENT else OK
    yield Finding(level, f"{used} % of the org's {int(daily['Max']):,} calls in 24 hours are used, by all its integrations.")


def create_field(client: Client, sobject: str, stats: Stats) -> None:
    """Makes the key field and lets the hub's user see it. Raises Refused where the user may not: then a person has to click."""
    name = settings.SALESFORCE_KEY_FIELD
    try:
        client.make_field(sobject, name, {**KEY_METADATA, "label": _label(name)}, stats)
    except Refused as refused:
        if refused.code != "DUPLICATE_DEVELOPER_NAME":  # there already, and only hidden
            raise
    parent = _permission_set(client, stats)
    permission = {"ParentId": parent, "SobjectType": sobject, "Field": f"{sobject}.{name}"}
    try:
        client.create("FieldPermissions", {**permission, "PermissionsRead": True, "PermissionsEdit": True}, stats)
    except Refused as refused:
        if refused.code != "DUPLICATE_VALUE":
            raise


def _label(name: str) -> str:
    usual = name == "ServiceTitan_Customer_ID__c"
    return str(KEY_METADATA["label"]) if usual else name.removesuffix("__c").replace("_", " ")


def _permission_set(client: Client, stats: Stats) -> str:
    """The id of one of our own, given to the hub's user."""
    user = client.transport.tokens.current(stats).user_id
    found = client.query(f"SELECT Id FROM PermissionSet WHERE Name = '{PERMISSION_SET}'", stats)
    id = str(found[0]["Id"]) if found else client.create(
        "PermissionSet", {"Name": PERMISSION_SET, "Label": "ServiceTitan hub"}, stats
    )  # fmt: skip
    given = client.query(
        f"SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = '{id}' AND AssigneeId = '{user}'", stats
    )
    if not given:
        client.create("PermissionSetAssignment", {"PermissionSetId": id, "AssigneeId": user}, stats)
    return id
