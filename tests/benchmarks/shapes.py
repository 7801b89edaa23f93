"""What kinds of values a feed's fields hold: what an expert would write down for dlt, worked out from the pages."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from tests.benchmarks.tenant import FEEDS, INITIAL, Tenant

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_DECIMAL = re.compile(r"-?\d+\.\d+")

Shape = dict[str, str]  # field -> whole, float, flag, text, moment, decimal or json


def shapes(tenant: Tenant) -> dict[str, Shape]:
    """By feed. Kept beside the pages."""
    kept = tenant.folder / "shapes.json"
    if not kept.exists():
        kept.write_text(json.dumps({feed: _shape(tenant.pages(feed, INITIAL)) for feed in FEEDS}, indent=1))
    found: dict[str, Shape] = json.loads(kept.read_text())
    return found


def _shape(pages: list[Path]) -> Shape:
    kinds: dict[str, set[str]] = {}
    for page in pages:
        for record in msgspec.json.decode(page.read_bytes())["data"]:
            for field, value in record.items():
                found = kinds.setdefault(field, set())
                if value is not None:
                    found.add(_kind(value))
    return {field: _one(found) for field, found in kinds.items()}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, str):
        return "moment" if _MOMENT.match(value) else "decimal" if _DECIMAL.fullmatch(value) else "text"
    return {int: "whole", float: "float", dict: "json", list: "json"}[type(value)]


def _one(kinds: set[str]) -> str:
    """The kind that all values fit into. A field that is always null is text."""
    if len(kinds) == 1:
        return next(iter(kinds))
    if kinds == {"whole", "float"}:
        return "float"
    if kinds & {"json", "flag", "whole", "float"}:
        raise ValueError(f"values of kinds that no column holds together: {kinds}")
    return "text"
