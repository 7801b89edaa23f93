"""What a record's result means: done, worth another try, a person's to look at, or a reason to stop the run.

Source: REST API Developer Guide, "Upsert Records Using sObject Collections"; SOAP API Developer Guide, "StatusCode".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

LOCKS = frozenset({"UNABLE_TO_LOCK_ROW", "TooManyLockFailure"})
_STOP = {
    "STORAGE_LIMIT_EXCEEDED": "The org's data storage is full: free some, or buy more.",
    "INVALID_FIELD": "Run manage.py salesforce_check: it says what to click.",
    "INSUFFICIENT_ACCESS_OR_READONLY": "Give the hub's user the right to make and edit the object.",
    "API_DISABLED_FOR_ORG": "The user's profile has no API access.",
}
_CONFLICTS = {
    "DUPLICATES_DETECTED": "One of the org's duplicate rules sees the same person in a record that the hub does not know",
    "DUPLICATE_EXTERNAL_ID": "Several records have this customer's number: the key field must be unique",
    "ENTITY_IS_DELETED": "The record is in Salesforce's recycle bin",
}
# The rest of the record is sent without these fields: a customer without an e-mail is better than no customer.
_DROPPABLE = frozenset({
    "INVALID_EMAIL_ADDRESS", "FIELD_INTEGRITY_EXCEPTION", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    "INVALID_FIELD_FOR_INSERT_UPDATE", "STRING_TOO_LONG",
})  # fmt: skip
_NEVER_DROPPED = frozenset({"LastName", "Name"})
_FOREIGN = "foreign key external id"
_IDS = re.compile(r"\b00[13][A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?\b")


class Kind(StrEnum):
    DONE = "done"
    AGAIN = "again"  # the same at once
    ONCE_MORE = "once more"  # the same at once, and if that fails it is final
    WITHOUT = "without"  # without the fields named
    LATER = "later"
    CONFLICT = "conflict"
    FAILED = "failed"
    ABSENT = "absent"  # it is not to be sent, since Salesforce does not have it
    STOP = "stop"  # every other record would meet the same


@dataclass(frozen=True)
class Verdict:
    kind: Kind
    id: str | None = None
    created: bool = False
    code: str = ""
    reason: str = ""
    fields: list[str] = field(default_factory=list)


def of_result(result: Mapping[str, Any]) -> Verdict:
    """Of an item of a collection's answer."""
    id = str(result["id"]) if result.get("id") else None
    if result.get("success") is True and id:
        return Verdict(Kind.DONE, id, result.get("created") is True)
    errors = result.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    names = [str(name) for name in first.get("fields") or []]
    return of_error(str(first.get("statusCode") or "UNKNOWN"), str(first.get("message") or ""), names, first)


def of_error(code: str, message: str, fields: list[str], error: Mapping[str, Any] | None = None) -> Verdict:
    """`error`: as it came, for the records that a duplicate rule found."""
    said = f"Salesforce said {code}: {message[:500]}"

    def verdict(kind: Kind, reason: str = said) -> Verdict:
        return Verdict(kind, None, code=code, reason=reason, fields=fields)

    if code in LOCKS:
        return verdict(Kind.AGAIN)
    if code == "DUPLICATE_VALUE":
        return verdict(Kind.ONCE_MORE)
    if code == "INVALID_FIELD" and _FOREIGN in message.lower():
        return verdict(Kind.LATER, f"Its account is not there (yet). {said}")
    if code in _STOP:
        return verdict(Kind.STOP, f"{said} {_STOP[code]}")
    if code in _CONFLICTS:
        ids = _ids(error or {}, message)
        return verdict(Kind.CONFLICT, f"{_CONFLICTS[code]}{': ' + ', '.join(ids) if ids else ''}. {said}")
    if code in _DROPPABLE and (able := [name for name in fields if name not in _NEVER_DROPPED]):
        return Verdict(Kind.WITHOUT, None, code=code, reason=said, fields=able)
    return verdict(Kind.LATER if code in ("UNKNOWN_EXCEPTION", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT") else Kind.FAILED)


def of_bulk_error(text: str) -> Verdict:
    """Of the column sf__Error: CODE:message:Field --"""
    code, _, rest = text.partition(":")
    message, _, names = rest.rpartition(":")
    fields = [name for name in re.split(r"[\s,]+", names.removesuffix("--").strip()) if name and re.fullmatch(r"[\w.]+", name)]
    return of_error(code.strip() or "UNKNOWN", message or rest, fields)


def _ids(error: Mapping[str, Any], message: str) -> list[str]:
    return list(dict.fromkeys(_IDS.findall(f"{error.get('duplicateResult') or ''} {message}")))[:10]
