"""What the last comparison found, as panels: how many should be there, how many are, and which differ."""

from collections.abc import Mapping
from typing import Any

from config.backoffice import pages, show
from config.backoffice.panels import Facts, Panel, Table
from integrations.ghl.admin.sides import WORDS
from integrations.ghl.models import Contact, Opportunity

Kind = type[Contact] | type[Opportunity]
KINDS: tuple[tuple[str, Kind], ...] = (("contacts", Contact), ("opportunities", Opportunity))
LABELS = {
    "should": "Should be there", "there": "Are there", "missing": "Missing", "differ": "Differ", "gone": "Deleted there",
    "moved": "Moved there by people", "adopted": "Taken over", "repaired": "Will be sent again", "unchecked": "Left to the next",
    "at_ghl": "All that GoHighLevel has", "not_ours": "Of these not ours",
}  # fmt: skip
ALWAYS = ("should", "there", "missing", "differ", "at_ghl", "not_ours")


def panels(parity: Mapping[str, Any]) -> list[Panel]:
    """`parity`: a comparison's report as its run keeps it."""
    found: list[Panel] = []
    for name, model in KINDS:
        part = parity.get(name) or {}
        told = [key for key in LABELS if part.get(key) or (key in ALWAYS and key in part)]
        shown = [(LABELS[key], show.number(part[key])) for key in told]
        found.append(Facts(title=name.capitalize(), rows=shown))
        found += _differing(name, model, part) + _twins(name, model, part)
    return found


def _differing(name: str, model: Kind, part: Mapping[str, Any]) -> list[Panel]:
    differing = part.get("differing") or []
    names = dict(model._default_manager.filter(pk__in=[found["id"] for found in differing]).values_list("pk", "name"))
    rows = [
        (show.link(pages.page_of(model, found["id"]), names.get(found["id"]) or found["id"]),
         ", ".join(WORDS.get(name, name) for name in found["fields"]))
        for found in differing
    ]  # fmt: skip
    note = f"The first {len(rows):,} of {part['differ']:,}." if rows and part["differ"] > len(rows) else ""
    return [Table(title=f"{name.capitalize()} that differ", headers=("Record", "Fields"), rows=rows, note=note)] if rows else []


def _twins(name: str, model: Kind, part: Mapping[str, Any]) -> list[Panel]:
    rows = [
        (show.link(pages.page_of(model, found["id"]), found["id"]), ", ".join(filter(None, found["ghl_ids"])))
        for found in part.get("twins") or []
    ]
    return [Table(title=f"{name.capitalize()} there twice", headers=("Record", "GoHighLevel's ids"), rows=rows)] if rows else []
