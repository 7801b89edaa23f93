"""What people do in the org's own screens, behind the integration's back."""

from collections.abc import Callable
from typing import Any

from salesforce.sandbox.oauth.grants import Grants
from salesforce.sandbox.org import sight
from salesforce.sandbox.org.fields import from_metadata
from salesforce.sandbox.org.ids import whole
from salesforce.sandbox.org.org import Org
from salesforce.sandbox.org.records import Record, State
from salesforce.sandbox.org.sobjects import MAIN


class Human:
    """Every act takes what it is done to and gives the record afterwards; acts are named in `acts`."""

    def __init__(self, org: Org, grants: Grants) -> None:
        self._org = org
        self._grants = grants
        self.acts: dict[str, Callable[..., State]] = {
            "create": self.create,
            "edit": self.edit,
            "delete": self.delete,
            "undelete": self.undelete,
            "merge": self.merge,
            "add_field": self.add_field,
            "remove_field": self.remove_field,
            "grant_field": self.grant_field,
            "hide_field": self.hide_field,
            "freeze_user": self.freeze_user,
            "thaw_user": self.thaw_user,
            "disconnect": self.disconnect,
        }

    def do(self, values: dict[str, Any]) -> State:
        """`{"act": name, ...its arguments}`."""
        act = values.pop("act", None)
        if act not in self.acts:
            raise ValueError(f"A human does one of {', '.join(self.acts)}.")
        return self.acts[act](**values)

    # Records

    def create(self, sobject: str, **values: Any) -> State:
        """Also one that breaks the org's rules or has a key another has: people, imports and older code did."""
        self._names(sobject, values)
        return self._org.insert(sobject, values, "human")

    def edit(self, id: str, **values: Any) -> State:
        """Any field; null clears it."""
        sobject, record = self._record(id)
        self._names(sobject, values)
        return self._org.change(sobject, record, values, "human")

    def delete(self, id: str) -> State:
        sobject, record = self._record(id)
        return self._org.bury(sobject, record.state, "human")

    def undelete(self, id: str) -> State:
        sobject, record = self._record(id, deleted=True)
        return self._org.bury(sobject, record.state, "human", deleted=False)

    def merge(self, source: str, target: str) -> State:
        """The source goes; the target keeps its own values and takes what it lacks, the source's key included."""
        sobject, lost = self._record(source)
        _, kept = self._record(target)
        if lost is kept:
            raise ValueError("A record cannot be merged with itself.")
        taken = {name: value for name, value in lost.state.items() if name not in kept.state}
        self._org.bury(sobject, {**lost.state, "MasterRecordId": kept.state["Id"]}, "human")
        return self._org.change(sobject, kept, taken, "human")

    # The org's set-up

    def add_field(self, sobject: str, name: str, visible: bool = True, **metadata: Any) -> State:
        """`metadata` as the Metadata API has it: type, label, length, externalId, unique, caseSensitive, ..."""
        if sobject not in MAIN or not name.endswith("__c"):
            raise ValueError(f"A field is added to one of {', '.join(MAIN)}, and its name ends with __c.")
        self._org.add_field(sobject, from_metadata(name, metadata))
        if visible:
            sight.grant(self._org, f"{sobject}.{name}")
        return self._org.custom_field(sobject, name)

    def remove_field(self, sobject: str, name: str) -> State:
        self._field(sobject, name)
        self._org.remove_field(sobject, name)
        return {"removed": f"{sobject}.{name}"}

    def grant_field(self, sobject: str, name: str, edit: bool = True) -> State:
        full_name = self._field(sobject, name)
        sight.grant(self._org, full_name, edit=edit)
        return {"granted": full_name}

    def hide_field(self, sobject: str, name: str) -> State:
        full_name = self._field(sobject, name)
        sight.hide(self._org, full_name)
        return {"hidden": full_name}

    def freeze_user(self) -> State:
        return self._user(active=False)

    def thaw_user(self) -> State:
        return self._user(active=True)

    def disconnect(self) -> State:
        """An admin revokes the app's access: every token is dead."""
        self._grants.forget()
        return self._grants.report()

    def _user(self, *, active: bool) -> State:
        _, record = self._record(self._org.credentials.user_id)
        return self._org.change("User", record, {"IsActive": active}, "human")

    def _field(self, sobject: str, name: str) -> str:
        found = self._org.sobjects[sobject.lower()].field(name)
        if found is None or not found.raw["custom"]:
            raise LookupError(f"custom field {sobject}.{name}")
        return f"{sobject}.{found.name}"

    def _names(self, sobject: str, values: dict[str, Any]) -> None:
        unknown = [name for name in values if self._org.sobjects[sobject.lower()].field(name) is None]
        if unknown:
            raise ValueError(f"{sobject} has no field named {', '.join(unknown)}.")

    def _record(self, id: str, *, deleted: bool = False) -> tuple[str, Record]:
        long = whole(id) or ""
        for name, table in self._org.tables.items():
            record = table.get(long)
            if record is not None and record.deleted == deleted:
                return name, record
        raise LookupError(f"{'deleted ' if deleted else ''}record {id}")
