"""Opportunities: one a contact and pipeline unless the sub-account allows more."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from config.sandbox.clock import Clock
from integrations.ghl.sandbox.store.ids import Ids
from integrations.ghl.sandbox.store.records import Records, State

Tell = Callable[[str, State], None]
_EVENTS = {
    "status": "OpportunityStatusUpdate",
    "pipelineStageId": "OpportunityStageUpdate",
    "monetaryValue": "OpportunityMonetaryValueUpdate",
    "assignedTo": "OpportunityAssignedToUpdate",
}


class Opportunities:
    def __init__(self, seed: int, clock: Clock, tell: Tell) -> None:
        self.ids = Ids(seed, "opportunities")
        self._clock = clock
        self._tell = tell
        self.twins = True  # a create is told as Create and Update, a delete as Delete and Update
        self.records = Records(clock, {"contact": lambda state: (state["contactId"],)})

    def rival(self, contact: str, pipeline: str, *, only_open: bool) -> State | None:
        """The card that stands in the way of another one."""
        for state in self.records.by("contact", contact):
            if state["pipelineId"] == pipeline and (state["status"] == "open" or not only_open):
                return state
        return None

    def create(self, values: Mapping[str, Any], by: str = "api") -> State:
        now = self._clock.ticks()
        state = {"id": self.ids.next(), "monetaryValue": 0, "followers": [], **values, "createdAt": now, "updatedAt": now}
        state |= {"lastStatusChangeAt": now, "lastStageChangeAt": now}
        state["customFields"] = dict(values.get("customFields", {}))
        self.records.add(state, by)
        self._say("OpportunityCreate", state)
        return state

    def change(self, old: State, values: Mapping[str, Any]) -> State:
        state = {**old, **values, "customFields": {**old["customFields"], **values.get("customFields", {})}}
        changed = {name for name in state if old.get(name) != state[name]}
        if not changed:
            return old
        now = state["updatedAt"] = self._clock.ticks()
        if "status" in changed:
            state["lastStatusChangeAt"] = now
        if "pipelineStageId" in changed:
            state["lastStageChangeAt"] = now
        self.records.put(state)
        self._tell("OpportunityUpdate", state)
        for name, event in _EVENTS.items():
            if name in changed:
                self._tell(event, state)
        return state

    def delete(self, state: State) -> None:
        self.records.remove(state["id"])
        self._say("OpportunityDelete", state)

    def of(self, contact: str) -> Iterable[State]:
        return self.records.by("contact", contact)

    def _say(self, event: str, state: State) -> None:
        self._tell(event, state)
        if self.twins:
            self._tell("OpportunityUpdate", state)
