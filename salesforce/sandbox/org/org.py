"""The org: who owns it, its objects, their rows, and what the integration's user may see of them."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.sandbox import moments
from config.sandbox.clock import Clock
from salesforce.sandbox.org import sight
from salesforce.sandbox.org.fields import Field, from_metadata
from salesforce.sandbox.org.ids import Ids, checked
from salesforce.sandbox.org.records import Journal, Record, State, Table
from salesforce.sandbox.org.sobjects import MAIN, Sobject, View, all_sobjects
from salesforce.sandbox.switches import Switches

KEY = "ServiceTitan_Customer_ID__c"
KEY_METADATA = {
    "type": "Text",
    "label": "ServiceTitan Customer ID",
    "length": 32,
    "externalId": True,
    "unique": True,
    "caseSensitive": False,
}
_SIGHT = {"PermissionSet", "PermissionSetAssignment", "FieldPermissions"}  # a change of these changes what is seen
_INDEXED = {"Contact": ("Email", "AccountId"), "FieldPermissions": ("Field",)}
REDIRECTS = tuple(f"http://{host}:8000/api/salesforce/callback" for host in ("127.0.0.1", "localhost"))


@dataclass(frozen=True)
class Credentials:
    """What the org and its External Client App are called; these open nothing outside a sandbox."""

    org_id: str = checked("00D7w0000000SBX")
    user_id: str = checked("0057w0000000INT")
    human_id: str = checked("0057w0000000HUM")  # the person who works in the org's screens
    username: str = "integration@hub.sandbox"
    client_id: str = "3MVG9sandbox.consumer.key"
    client_secret: str = "5A4D0B0Xsandbox"  # noqa: S105 - opens nothing but the emulator
    redirect_uris: tuple[str, ...] = REDIRECTS
    certificate: str = ""  # PEM of a certificate or a public key, for the JWT bearer flow


@dataclass(frozen=True)
class Rule:
    """A validation rule of the org: a value of the field that matches the pattern is refused in these words."""

    sobject: str
    field: str
    pattern: str
    message: str


class Org:
    """`key_objects`: which objects have the key field from the start, visible to the integration's user."""

    def __init__(
        self,
        *,
        seed: int = 1,
        clock: Clock | None = None,
        credentials: Credentials | None = None,
        key_objects: tuple[str, ...] = MAIN,
    ) -> None:
        self.seed = seed
        self.clock = clock or Clock()
        self._first_credentials = credentials or Credentials()
        self._key_objects = key_objects
        self.clear()

    def clear(self) -> None:
        """As on the first day: the ids come again in the same order."""
        self.credentials = self._first_credentials
        self.journal = Journal()
        self.rules: tuple[Rule, ...] = ()
        self.shape_changed = self.clock.ticks()
        self.sobjects = all_sobjects()
        self.tables = {
            sobject.name: Table(Ids(self.seed, sobject.prefix), self.journal, _INDEXED.get(sobject.name, ()))
            for sobject in self.sobjects.values()
        }
        self._views: dict[tuple[str, Switches], View] = {}
        sight.settle(self)
        for name in self._key_objects:
            self.add_field(name, from_metadata(KEY, KEY_METADATA))
            sight.grant(self, f"{name}.{KEY}")

    # Its shape

    def sobject(self, name: str) -> Sobject | None:
        return self.sobjects.get(name.lower())

    def view(self, name: str, switches: Switches) -> View | None:
        """None for an object that is not there, or hidden."""
        sobject = self.sobject(name)
        if sobject is None or sobject.name in switches.hidden_objects:
            return None
        known = (sobject.name, switches)
        if known not in self._views:
            if len(self._views) > 100:
                self._views.clear()
            self._views[known] = sight.view(self, sobject, switches)
        return self._views[known]

    def shape_moved(self) -> None:
        self.shape_changed = self.clock.ticks()
        self._views.clear()

    def add_field(self, sobject: str, added: Field) -> None:
        self.sobjects[sobject.lower()].add(added)
        if added.key or added.raw["unique"]:
            self.tables[sobject].index(added.name)
        named = {"DeveloperName": added.name.removesuffix("__c"), "TableEnumOrId": sobject, "FullName": f"{sobject}.{added.name}"}
        self.insert("CustomField", named, "org")
        self.shape_moved()

    def custom_field(self, sobject: str, name: str) -> State:
        full_name = f"{sobject}.{name}".lower()
        return next(row for row in self.tables["CustomField"].all() if row["FullName"].lower() == full_name)

    def remove_field(self, sobject: str, name: str) -> None:
        """Its values are gone for good."""
        self.bury("CustomField", self.custom_field(sobject, name), "org")
        sight.hide(self, f"{sobject}.{name}")
        field = self.sobjects[sobject.lower()].fields.pop(name.lower())
        self.tables[sobject].forget(field.name)
        self.shape_moved()

    def set_credentials(self, values: Mapping[str, Any]) -> None:
        self.credentials = dataclasses.replace(self.credentials, **values)

    @property
    def user_active(self) -> bool:
        record = self.tables["User"].get(self.credentials.user_id)
        return record is not None and bool(record.state["IsActive"])

    # Its rows

    def now(self) -> str:
        return stamp(self.clock.ticks())

    def insert(self, sobject: str, values: Mapping[str, Any], by: str = "api") -> State:
        now, who = self.now(), self._who(by)
        made = {"CreatedDate": now, "CreatedById": who, "LastModifiedDate": now, "LastModifiedById": who, "SystemModstamp": now}
        state = {"OwnerId": who} if sobject in MAIN else {}
        state = self.tables[sobject].add(_whole(sobject, {**state, **values, **made, "IsDeleted": False}), by)
        self._touched(sobject)
        return state

    def change(self, sobject: str, record: Record, values: Mapping[str, Any], by: str = "api") -> State:
        """A save stamps the row also where nothing is different."""
        old, now = record.state, self.now()
        state = _whole(sobject, {**old, **values})
        if by == "api":
            record.writes += 1
            record.idle += old == state
        state |= {"LastModifiedDate": now, "LastModifiedById": self._who(by), "SystemModstamp": now}
        self.tables[sobject].put(state)
        self._touched(sobject)
        return state

    def bury(self, sobject: str, state: State, by: str = "api", *, deleted: bool = True) -> State:
        """Into the recycle bin, or out of it."""
        now = self.now()
        moved = {"IsDeleted": deleted, "SystemModstamp": now, "LastModifiedDate": now, "LastModifiedById": self._who(by)}
        self.tables[sobject].put({**state, **moved})
        self._touched(sobject)
        return {**state, **moved}

    def back_to(self, mark: int) -> None:
        self.journal.back_to(mark)
        self._views.clear()

    def _who(self, by: str) -> str:
        return self.credentials.human_id if by == "human" else self.credentials.user_id

    def _touched(self, sobject: str) -> None:
        if sobject in _SIGHT:
            self.shape_moved()


def stamp(ticks: int) -> str:
    """As the API writes a moment: whole seconds, and a zone without colon."""
    return moments.milliseconds(ticks - ticks % moments.SECOND)[:-1] + "+0000"


def _whole(sobject: str, state: State) -> State:
    """With what follows from other fields; without what was cleared."""
    state = {name: value for name, value in state.items() if value is not None}
    if sobject == "Contact":
        state["Name"] = " ".join(filter(None, (state.get("FirstName"), state.get("LastName"))))
    return state
