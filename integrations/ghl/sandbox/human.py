"""What people do in the vendor's own screens, behind the integration's back."""

from collections.abc import Callable
from typing import Any

from integrations.ghl.sandbox.store import phones
from integrations.ghl.sandbox.store.account import Account
from integrations.ghl.sandbox.store.records import State

_CHANNELS = ("call", "email", "sms", "whatsApp", "gmb", "fb")


class Human:
    """Every act takes what it is done to and gives the record afterwards; acts are named in `acts`."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.acts: dict[str, Callable[..., State]] = {
            "create_contact": self.create_contact,
            "edit_contact": self.edit_contact,
            "delete_contact": self.delete_contact,
            "merge_contacts": self.merge_contacts,
            "set_dnd": self.set_dnd,
            "stop": self.stop,
            "create_opportunity": self.create_opportunity,
            "edit_opportunity": self.edit_opportunity,
            "move_opportunity": self.move_opportunity,
            "delete_opportunity": self.delete_opportunity,
        }

    def do(self, values: dict[str, Any]) -> State:
        """`{"act": name, ...its arguments}`."""
        act = values.pop("act", None)
        if act not in self.acts:
            raise ValueError(f"A human does one of {', '.join(self.acts)}.")
        return self.acts[act](**values)

    def create_contact(self, **values: Any) -> State:
        """Also one whose address another contact has: people may."""
        return self._account.contacts.create(_written(values), by="human")

    def edit_contact(self, id: str, **values: Any) -> State:
        """Any field, `additionalEmails` and custom fields ({id: value}) included."""
        return self._account.contacts.change(self._contact(id), _written(values))

    def delete_contact(self, id: str) -> State:
        state = self._contact(id)
        self._account.delete_contact(state)
        return state

    def merge_contacts(self, source: str, target: str) -> State:
        """The source goes; its opportunities, tags and second address are the target's."""
        lost, kept = self._contact(source), self._contact(target)
        if source == target:
            raise ValueError("A contact cannot be merged with itself.")
        for opportunity in list(self._account.opportunities.of(source)):
            self._account.opportunities.change(opportunity, {"contactId": target})
        self._account.contacts.delete(lost)
        emails = [*kept.get("additionalEmails", ()), *([lost["email"]] if lost.get("email") else [])]
        taken = {name: value for name, value in lost.items() if name not in kept}
        taken |= {"tags": list(dict.fromkeys([*kept["tags"], *lost["tags"]])), "additionalEmails": emails}
        taken["customFields"] = {**lost["customFields"], **kept["customFields"]}
        return self._account.contacts.change(kept, taken)

    def set_dnd(self, id: str, channel: str = "all", status: str = "active", message: str = "") -> State:
        settings = {"status": status, "message": message or "Updated by 'A Human'", "code": "103"}
        if channel != "all" and channel not in _CHANNELS:
            raise ValueError(f"A channel is all or one of {', '.join(_CHANNELS)}.")
        channels = _CHANNELS if channel == "all" else (channel,)
        values: State = {"dndSettings": dict.fromkeys(channels, settings)}
        if channel == "all":
            values["dnd"] = status != "inactive"
        return self._account.contacts.change(self._contact(id), values)

    def stop(self, id: str) -> State:
        """The customer texts STOP."""
        values = {"dndSettings": {"sms": {"status": "permanent", "message": "STOP_KEYWORD"}}}
        return self._account.contacts.change(self._contact(id), values)

    def create_opportunity(self, **values: Any) -> State:
        self._contact(values["contactId"])
        pipeline = self._account.pipelines[values["pipelineId"]]
        values.setdefault("pipelineStageId", pipeline["stages"][0]["id"])
        return self._account.opportunities.create({"name": "By hand", "status": "open", **values}, by="human")

    def edit_opportunity(self, id: str, **values: Any) -> State:
        return self._account.opportunities.change(self._opportunity(id), values)

    def move_opportunity(self, id: str, stage: str) -> State:
        """To a stage by its name or id, in the card's own pipeline or by id in another."""
        state = self._opportunity(id)
        own = self._account.pipelines[state["pipelineId"]]
        for pipeline in (own, *self._account.pipelines.values()):
            for row in pipeline["stages"]:
                if stage in {row["id"], row["name"] if pipeline is own else ""}:
                    place = {"pipelineId": pipeline["id"], "pipelineStageId": row["id"]}
                    return self._account.opportunities.change(state, place)
        raise LookupError(f"stage {stage}")

    def delete_opportunity(self, id: str) -> State:
        state = self._opportunity(id)
        self._account.opportunities.delete(state)
        return state

    def _contact(self, id: str) -> State:
        return _found(self._account.contacts.records.get(id), f"contact {id}")

    def _opportunity(self, id: str) -> State:
        return _found(self._account.opportunities.records.get(id), f"opportunity {id}")


def _found(state: State | None, what: str) -> State:
    if state is None:
        raise LookupError(what)
    return state


def _written(values: dict[str, Any]) -> State:
    if values.get("phone"):
        values["phone"] = phones.normal(values["phone"]) or values["phone"]
    return values
