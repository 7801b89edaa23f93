"""Records as the API shows them. What a record does not have is left out, never null."""

from collections.abc import Iterable
from typing import Any

from config.sandbox import moments
from integrations.ghl.sandbox.api.contact_bodies import CHANNELS
from integrations.ghl.sandbox.store.account import Account
from integrations.ghl.sandbox.store.contacts import full_name
from integrations.ghl.sandbox.store.records import State

_MOMENTS = ("dateAdded", "dateUpdated")
_OPPORTUNITY_MOMENTS = ("createdAt", "updatedAt", "lastStatusChangeAt", "lastStageChangeAt")
_LOWER = {"emailLowerCase": "email", "firstNameLowerCase": "firstName", "lastNameLowerCase": "lastName"}
_UNSEEN = {"createNewIfDuplicateAllowed", "gender"}
_OLD_CHANNELS = {new: old for old, new in CHANNELS.items()}


def milliseconds(ticks: int) -> int:
    return ticks // 10_000


def contact(state: State, *, v3: bool) -> dict[str, Any]:
    row = {name: value for name, value in state.items() if name not in _UNSEEN}
    row |= {name: moments.milliseconds(state[name]) for name in _MOMENTS}
    row |= {name: state[source].lower() for name, source in _LOWER.items() if state.get(source)}
    if full_name(state):
        row["fullNameLowerCase"] = full_name(state).lower()
    row["customFields"] = [{"id": id, "value": value} for id, value in state["customFields"].items()]
    if "dndSettings" in state:
        row["dndSettings"] = channels(state["dndSettings"], v3=v3)
    return row


def channels(settings: State, *, v3: bool) -> dict[str, Any]:
    return settings if v3 else {_OLD_CHANNELS[name]: value for name, value in settings.items()}


def opportunity(account: Account, state: State, *, observed: bool = False) -> dict[str, Any]:
    """`observed`: custom fields as searches were seen to write them."""
    row = {**state, **{name: moments.milliseconds(state[name]) for name in _OPPORTUNITY_MOMENTS}}
    row["locationId"] = account.credentials.location_id
    row["lastActionDate"] = row["updatedAt"]
    row["indexVersion"] = "1"
    row["customFields"] = list(_custom(state["customFields"], observed=observed))
    holder = account.contacts.records.get(state["contactId"])
    if holder is not None:
        row["contact"] = {
            name: holder[name] for name in ("id", "name", "companyName", "email", "phone", "tags") if name in holder
        }
    return row


def _custom(values: State, *, observed: bool) -> Iterable[dict[str, Any]]:
    for id, value in values.items():
        if observed and isinstance(value, str):
            yield {"id": id, "type": "string", "fieldValueString": value}
        else:
            yield {"id": id, "fieldValue": value}
