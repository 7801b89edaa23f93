"""Counting from outside: how many records were ever made for one identity."""

from collections.abc import Callable, Iterator
from typing import Any

from config.sandbox.counting import repeats
from integrations.ghl.sandbox.store.account import Account
from integrations.ghl.sandbox.store.records import Record, State


def records_of(account: Account, kind: str) -> Iterator[Record]:
    stores = {"contacts": account.contacts.records, "opportunities": account.opportunities.records}
    return stores[kind].ever()


def identities(account: Account, kind: str, by: str) -> dict[str, Any]:
    """`by`: a field (email, phone, name, contactId), a custom field's key, or `card`: contact and pipeline.

    Deleted records count with their last state: a duplicate that was cleaned up is still one that was made.
    """
    look = _look(account, by)
    return repeats((look(record.state), record.state["id"]) for record in records_of(account, kind))


def _look(account: Account, by: str) -> Callable[[State], Any]:
    if by == "card":
        return lambda state: (state["contactId"], state["pipelineId"])
    keys = {field["fieldKey"]: id for id, field in account.fields.by_id.items()}
    if by in keys:
        return lambda state: state["customFields"].get(keys[by])
    if "." in by:
        raise LookupError(f"custom field {by}")
    return lambda state: state[by].lower() if isinstance(state.get(by), str) else state.get(by)


def summary(account: Account, kind: str) -> dict[str, int]:
    made = {"api": 0, "human": 0}
    for record in records_of(account, kind):
        made[record.by] += 1
    store = account.contacts.records if kind == "contacts" else account.opportunities.records
    total = made["api"] + made["human"]
    return {
        "alive": store.alive,
        "created": made["api"],
        "createdByHumans": made["human"],
        "changes": store.changes,
        "deleted": total - store.alive,
    }
