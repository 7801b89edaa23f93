"""Contacts: what identifies them, what happens when two claim the same address, and what others hear of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from config.sandbox.clock import Clock
from integrations.ghl.sandbox.store.ids import Ids
from integrations.ghl.sandbox.store.records import Records, State

Tell = Callable[[str, State], None]
_QUIET = {"dateUpdated", "tags", "dnd", "dndSettings", "inboundDndSettings"}  # no ContactUpdate for these


class Taken(Exception):
    """The address belongs to another contact."""

    def __init__(self, field: str, holder: State) -> None:
        super().__init__(field)
        self.field = field
        self.holder = holder


def full_name(state: Mapping[str, Any]) -> str:
    return state.get("name") or " ".join(filter(None, (state.get("firstName"), state.get("lastName"))))


def _emails(state: State) -> Iterable[str]:
    return (state["email"].lower(),) if state.get("email") else ()


def _more_emails(state: State) -> Iterable[str]:
    return (email.lower() for email in state.get("additionalEmails", ()))


def _phones(state: State) -> Iterable[str]:
    return (state["phone"],) if state.get("phone") else ()


class Contacts:
    def __init__(self, seed: int, clock: Clock, tell: Tell) -> None:
        self.ids = Ids(seed, "contacts")
        self._clock = clock
        self._tell = tell
        self.records = Records(clock, {"email": _emails, "more": _more_emails, "phone": _phones})

    def holder(self, field: str, value: str) -> State | None:
        """The oldest contact with this e-mail or phone as its first one."""
        holders = self.records.by(field, value.lower())
        return holders[0] if holders else None

    def match(self, values: State, order: Iterable[str]) -> State | None:
        """Whom an upsert means: the first field that finds somebody decides; a second e-mail counts too."""
        for field in order:
            value = values.get(field)
            found = self.holder(field, value) if value else None
            if value and found is None and field == "email":
                found = next(iter(self.records.by("more", value.lower())), None)
            if found is not None:
                return found
        return None

    def check_free(self, values: Mapping[str, Any], order: Iterable[str], own: str | None = None) -> None:
        for field in order:
            holder = self.holder(field, values[field]) if values.get(field) else None
            if holder is not None and holder["id"] != own:
                raise Taken(field, holder)

    def create(self, values: State, by: str = "api") -> State:
        now = self._clock.ticks()
        state = {"id": self.ids.next(), "type": "lead", "dnd": False, "tags": [], **_whole(values)}
        state |= {"dateAdded": now, "dateUpdated": now}
        state["customFields"] = _kept(state.get("customFields", {}))
        self.records.add(state, by)
        self._tell("ContactCreate", state)
        return state

    def change(self, old: State, values: Mapping[str, Any], *, replace_fields: bool = False) -> State:
        """None and "" clear a field; tags are replaced; custom fields are merged unless told otherwise."""
        state = {**old, **values}
        kept = {} if replace_fields and "customFields" in values else old["customFields"]
        state["customFields"] = _kept({**kept, **values.get("customFields", {})})
        if "dndSettings" in values:
            state["dndSettings"] = {**old.get("dndSettings", {}), **values["dndSettings"]}
        if "name" not in values and {"firstName", "lastName"} & set(values):
            state.pop("name", None)
        state = _whole({name: value for name, value in state.items() if value not in (None, "")})
        changed = {name for name in {*old, *state} if old.get(name) != state.get(name)}
        if not changed:
            return old
        state["dateUpdated"] = self._clock.ticks()
        self.records.put(state)
        for event in _events(changed):
            self._tell(event, state)
        return state

    def delete(self, state: State) -> None:
        self.records.remove(state["id"])
        self._tell("ContactDelete", state)


def _events(changed: set[str]) -> Iterable[str]:
    if changed - _QUIET:
        yield "ContactUpdate"
    if "tags" in changed:
        yield "ContactTagUpdate"
    if changed & {"dnd", "dndSettings"}:  # none fires when only inboundDndSettings changes
        yield "ContactDndUpdate"


def _kept(fields: Mapping[str, Any]) -> State:
    return {id: value for id, value in fields.items() if value not in (None, "")}


def _whole(values: Mapping[str, Any]) -> State:
    """A name alone is split into first and last name, and first and last name make the name."""
    state = {name: value for name, value in values.items() if value is not None}
    if state.get("name") and not (state.get("firstName") or state.get("lastName")):
        state["firstName"], _, last = state["name"].partition(" ")
        if last:
            state["lastName"] = last
    if full_name(state):
        state["name"] = full_name(state)
    return state
