"""Counting from outside: what was made and changed, and how many records were ever made for one identity."""

from typing import Any

from config.sandbox.counting import repeats
from salesforce.sandbox.org.org import Org
from salesforce.sandbox.org.records import fold
from salesforce.sandbox.org.sobjects import MAIN


def identities(org: Org, sobject: str, by: str) -> dict[str, Any]:
    """`by`: a field. Deleted records count with their last state: a duplicate that was cleaned up was made all the same."""
    field = _field(org, sobject, by)
    made = (record.state for record in org.tables[sobject].ever())
    return repeats((fold(state[field]) if state.get(field) is not None else None, state["Id"]) for state in made)


def _field(org: Org, sobject: str, by: str) -> str:
    found = org.sobjects[sobject.lower()].field(by) if sobject in MAIN else None
    if found is None:
        raise LookupError(f"field {sobject}.{by}")
    return found.name


def keys(org: Org, sobject: str) -> list[str]:
    """The fields by which records can be told apart."""
    return [field.name for field in org.sobjects[sobject.lower()].fields.values() if field.key and field.name != "Id"]


def summary(org: Org, sobject: str) -> dict[str, int]:
    """`changes`: updates by the API; `idle`: those that changed nothing, and need not have been sent."""
    records = list(org.tables[sobject].ever())
    return {
        "alive": org.tables[sobject].alive,
        "created": sum(record.by == "api" for record in records),
        "createdByHumans": sum(record.by == "human" for record in records),
        "changes": sum(record.writes for record in records),
        "idle": sum(record.idle for record in records),
        "deleted": sum(record.deleted for record in records),
    }
