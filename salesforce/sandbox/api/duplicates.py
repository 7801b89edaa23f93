"""The org's standard duplicate rule for contacts (contract section 9). It knows nothing of our key."""

from collections.abc import Iterable
from typing import Any

from salesforce.sandbox.api.call import DUPLICATE_HEADER, Call
from salesforce.sandbox.api.errors import Problem
from salesforce.sandbox.api.render import record
from salesforce.sandbox.org.fields import Field
from salesforce.sandbox.org.records import State, Table, fold
from salesforce.sandbox.org.sobjects import View

RULE = "Standard_Contact_Duplicate_Rule"
_MATCHING = "Standard_Contact_Match_Rule_v1_0"
_SINCE = 52  # the header


def problem(call: Call, view: View, state: State) -> Problem | None:
    """What stands against saving this row; None where nothing does, or where the header lets it pass."""
    rule = call.switches.duplicate_rule
    if rule == "off" or view.name != "Contact":
        return None
    options = call.options(DUPLICATE_HEADER) if call.version >= _SINCE else {}
    if rule == "alert" and options.get("allowSave"):
        return None
    found = list(_alike(call.org.tables[view.name], call.switches.duplicate_fields, state))
    if not found:
        return None
    shown: list[Field] | None = None if options.get("includeRecordDetails") else []
    rows = [record(call, view, one, shown) for one in found]
    more = {"duplicateResult": _result(rule, rows)}
    return Problem("DUPLICATES_DETECTED", "Use one of these records?", (), more)


def _alike(table: Table, fields: tuple[str, ...], state: State) -> Iterable[State]:
    """Rows that are the same in all of the rule's fields; one that is empty never matches."""
    wanted = {name: fold(state[name]) for name in fields if state.get(name)}
    if not wanted or len(wanted) < len(fields):
        return
    indexed = next((name for name in fields if table.has_index(name)), None)
    rows = table.by(indexed, state[indexed]) if indexed else table.all()
    for row in rows:
        if row["Id"] != state.get("Id") and all(fold(row.get(name, "")) == value for name, value in wanted.items()):
            yield row


def _result(rule: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    matched = [{"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0, "record": row} for row in rows]
    by_rule = {
        "entityType": "Contact",
        "errors": [],
        "matchEngine": "FuzzyMatchEngine",
        "matchRecords": matched,
        "rule": _MATCHING,
        "size": len(matched),
        "success": True,
    }
    return {
        "allowSave": rule == "alert",
        "duplicateRule": RULE,
        "duplicateRuleEntityType": "Contact",
        "errorMessage": "Use one of these records?",
        "matchResults": [by_rule],
    }
