"""The sub-account: who owns it, its pipelines, lost reasons, custom fields, contacts and opportunities."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from config.sandbox.clock import Clock
from integrations.ghl.sandbox.store.contacts import Contacts
from integrations.ghl.sandbox.store.ids import Ids
from integrations.ghl.sandbox.store.opportunities import Opportunities
from integrations.ghl.sandbox.store.records import State

PIPELINES = {
    "Sales": ("Appointment Scheduled", "Proposal Sent", "Follow Up", "Sold", "Lost"),
    "Install": ("To Be Scheduled", "Scheduled", "In Progress", "Completed"),
}
LOST_REASONS = ("Price", "Chose a competitor", "No answer")
DATA_TYPES = (
    "TEXT",
    "LARGE_TEXT",
    "NUMERICAL",
    "PHONE",
    "MONETORY",
    "CHECKBOX",
    "SINGLE_OPTIONS",
    "MULTIPLE_OPTIONS",
    "DATE",
    "TEXTBOX_LIST",
    "FILE_UPLOAD",
    "RADIO",
    "EMAIL",
)
Listener = Callable[[str, State], None]  # (event type, the record's state)


@dataclass(frozen=True)
class Credentials:
    """What the sub-account and the app were given; these open nothing outside a sandbox."""

    location_id: str = "locSandbox0000000001"
    company_id: str = "cmpSandbox0000000001"
    user_id: str = "usrSandbox0000000001"
    token: str = "pit-sandbox"  # noqa: S105 - the Private Integration token; opens nothing but the emulator
    client_id: str = "65c0ffee00000000000c0de0-sandbox"
    client_secret: str = "secret-sandbox"  # noqa: S105 - likewise


class Fields:
    """Custom fields of the location, by id and by key."""

    def __init__(self, seed: int) -> None:
        self.ids = Ids(seed, "fields")
        self.by_id: dict[str, State] = {}
        self._by_key: dict[str, State] = {}

    def add(self, values: Mapping[str, Any]) -> State:
        model = values.get("model", "contact")
        field = {
            "id": self.ids.next(),
            "name": values["name"],
            "model": model,
            "fieldKey": self.key(model, values["name"]),
            "placeholder": values.get("placeholder", ""),
            "dataType": values["dataType"],
            "position": values.get("position", 50 * (len(self.by_id) + 1)),
        }
        self.keep(field)
        return field

    def keep(self, field: State) -> None:
        self.by_id[field["id"]] = self._by_key[field["fieldKey"]] = field

    def find(self, model: str, entry: Mapping[str, Any]) -> State | None:
        """By id, or by key with or without the model in front."""
        if "id" in entry:
            field = self.by_id.get(entry["id"])
        else:
            field = self._by_key.get(f"{model}.{entry['key'].removeprefix(f'{model}.')}")
        return field if field is not None and field["model"] == model else None

    def named(self, model: str, name: str) -> State | None:
        return self._by_key.get(self.key(model, name))

    @staticmethod
    def key(model: str, name: str) -> str:
        return f"{model}." + re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


class Account:
    """`pipelines` maps names to the names of their stages."""

    def __init__(
        self,
        *,
        seed: int = 1,
        clock: Clock | None = None,
        credentials: Credentials | None = None,
        pipelines: Mapping[str, Iterable[str]] = PIPELINES,
    ) -> None:
        self.seed = seed
        self.clock = clock or Clock()
        self.credentials = credentials or Credentials()
        self._first_pipelines = {name: tuple(stages) for name, stages in pipelines.items()}
        self.listeners: list[Listener] = []
        self.clear()

    def clear(self) -> None:
        """As on the first day: the ids come again in the same order."""
        self.fields = Fields(self.seed)
        self.contacts = Contacts(self.seed, self.clock, self.tell)
        self.opportunities = Opportunities(self.seed, self.clock, self.tell)
        self.set_pipelines(self._first_pipelines)
        reasons = Ids(self.seed, "reasons")
        self.lost_reasons = [{"id": reasons.next(), "name": name} for name in LOST_REASONS]

    def set_pipelines(self, pipelines: Mapping[str, Iterable[str]]) -> None:
        """Names that stay keep their ids."""
        self.pipelines: dict[str, State] = {}
        for name, stages in pipelines.items():
            id = Ids(self.seed, f"pipeline:{name}").next()
            rows = [
                {"id": Ids(self.seed, f"stage:{name}:{stage}").next_uuid(), "name": stage, "position": position}
                for position, stage in enumerate(stages)
            ]
            self.pipelines[id] = {"id": id, "name": name, "stages": rows}

    def delete_contact(self, state: State) -> None:
        """Its opportunities go with it: they cannot exist without one (A)."""
        for opportunity in list(self.opportunities.of(state["id"])):
            self.opportunities.delete(opportunity)
        self.contacts.delete(state)

    def tell(self, event: str, state: State) -> None:
        for listener in self.listeners:
            listener(event, state)
