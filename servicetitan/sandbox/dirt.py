"""Oddities of rows seen in the field (contract section 3.7), put on top of clean ones by the switches."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from config.sandbox import moments
from config.sandbox.chance import mix, salt
from config.sandbox.http import SURROGATE
from servicetitan.sandbox.switches import Switches

Row = dict[str, Any]
NO_DATE = "0001-01-01T00:00:00Z"
_CUSTOM_WORD = "SomethingNew"

# Per entity, the fields each oddity may strike; one of them does, chosen by the record's id.
ENUMS = {
    "customers": ("type",),
    "contacts": ("type",),
    "jobs": ("jobStatus", "priority"),
    "appointments": ("status",),
    "estimates": ("status", "reviewStatus"),
    "invoices": ("syncStatus", "sentStatus", "reviewStatus", "invoiceConfiguration"),
}
NULLS = {
    "customers": ("type", "customFields", "externalData", "tagTypeIds", "address", "balance", "createdById"),
    "contacts": ("phoneSettings", "type", "value"),
    "locations": ("customFields", "externalData", "address", "tagTypeIds"),
    "jobs": (
        "customerPo",
        "customFields",
        "externalData",
        "tagTypeIds",
        "estimateIds",
        "invoiceId",
        "priority",
    ),
    "appointments": ("start", "end", "unused", "createdById", "customerId"),
    "estimates": ("items", "reviewStatus", "subtotal", "tax", "status"),
    "invoices": ("customer", "job", "modifiedOn", "customFields", "reviewStatus", "total", "active"),
}
NUMBERS = {
    "customers": ("balance",),
    "jobs": ("total",),
    "estimates": ("subtotal", "tax"),
    "invoices": ("balance", "total", "subTotal"),
}
TEXTS = {
    "customers": "name",
    "contacts": "memo",
    "locations": "name",
    "jobs": "summary",
    "appointments": "specialInstructions",
    "estimates": "summary",
    "invoices": "summary",
}
ZEROS = {
    "customers": ("createdById", "paymentTermId", "mergedToId"),
    "locations": ("createdById", "zoneId", "taxZoneId"),
    "jobs": ("createdById", "projectId", "soldById", "recallForId", "membershipId"),
    "appointments": ("createdById",),
    "estimates": ("projectId", "soldBy", "budgetCodeId"),
    "invoices": ("projectId", "adjustmentToId", "taxZoneId", "membershipId"),
}
_DATES = ("start", "end", "arrivalWindowStart", "arrivalWindowEnd", "dueDate", "invoiceDate")


class Dirt:
    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._marks = [(name, salt(0, name), mark) for name, mark in _MARKS if getattr(switches, name)]
        self._clean = not self._marks and switches.fraction_digits < 0 and not switches.stale_rows

    def rows(self, entity: str, rows: list[Row]) -> list[Row]:
        """A whole export batch, order and repetitions included."""
        switches = self._switches
        if switches.stale_rows:
            rows = [version for row in rows for version in self._with_older(row)]
        rows = rows + [dict(row) for row in rows[: switches.duplicates_in_batch]]
        if switches.unsorted:
            rows = sorted(rows, key=lambda row: mix(_number(row)))
        return [self.row(entity, row) for row in rows]

    def row(self, entity: str, row: Row) -> Row:
        if self._clean:
            return row
        number = _number(row)
        if self._switches.fraction_digits >= 0:
            _each_date(row, lambda text: _with_digits(text, self._switches.fraction_digits, number))
        for name, purpose, mark in self._marks:
            luck = mix(purpose ^ number)
            if luck % 10_000 < getattr(self._switches, name) * 10_000:
                mark(entity, row, luck >> 16)
        return row

    def _with_older(self, row: Row) -> list[Row]:
        if mix(salt(0, "stale") ^ _number(row)) % 10_000 >= self._switches.stale_rows * 10_000:
            return [row]
        return [row, _older(row)]


def _number(row: Row) -> int:
    return int(row.get("id") or row.get("jobId") or 0)


def _older(row: Row) -> Row:
    """The record as it was an hour before its last change: another state, not just another time."""
    older = dict(row)
    modified = moments.parse(str(row.get("modifiedOn"))) or 0
    older["modifiedOn"] = moments.text(modified - moments.HOUR)
    for name in ("name", "summary", "memo", "specialInstructions"):
        if name in older:
            older[name] = f"{older[name] or ''} (before)"
            break
    return older


def _is_date(name: str) -> bool:
    return name.endswith("On") or name in _DATES


def _each_date(row: Row, change: Callable[[str], str]) -> None:
    for name, value in row.items():
        if isinstance(value, str) and _is_date(name):
            row[name] = change(value)


def _with_digits(text: str, digits: int, number: int) -> str:
    stamp = text.rstrip("Z").partition(".")[0]
    fraction = f"{mix(number) % 9_000_000 + 1_000_001:07d}"[:digits]
    return f"{stamp}.{fraction}Z" if digits else f"{stamp}Z"


def _pick(table: dict[str, tuple[str, ...]], entity: str, luck: int) -> str | None:
    names = table.get(entity)
    return names[luck % len(names)] if names else None


def _unknown_fields(entity: str, row: Row, luck: int) -> None:
    row["loyaltyTier"] = ("Gold", "Silver", None)[luck % 3]
    row["aiInsights"] = {"score": luck % 100 / 100, "labels": ["new", "from a monthly release"]}


def _unknown_enum(entity: str, row: Row, luck: int) -> None:
    name = _pick(ENUMS, entity, luck)
    if name:
        row[name] = {"value": 9, "name": _CUSTOM_WORD} if isinstance(row[name], dict) else _CUSTOM_WORD


def _null(entity: str, row: Row, luck: int) -> None:
    name = _pick(NULLS, entity, luck)
    if name:
        row[name] = None


def _no_date(entity: str, row: Row, luck: int) -> None:
    if "createdOn" in row:
        row["createdOn"] = NO_DATE
    if "createdById" in row:
        row["createdById"] = 0


def _zone_less(entity: str, row: Row, luck: int) -> None:
    _each_date(row, lambda text: text.rstrip("Z"))


def _zero(entity: str, row: Row, luck: int) -> None:
    name = _pick(ZEROS, entity, luck)
    if name:
        row[name] = 0


def _nul(entity: str, row: Row, luck: int) -> None:
    if entity in TEXTS:
        row[TEXTS[entity]] = f"{row[TEXTS[entity]] or 'note'}\x00 typed on a phone"


def _surrogate(entity: str, row: Row, luck: int) -> None:
    if entity in TEXTS:
        row[TEXTS[entity]] = f"{row[TEXTS[entity]] or 'note'} {SURROGATE}"


def _wrong_type(entity: str, row: Row, luck: int) -> None:
    name = _pick(NUMBERS, entity, luck)
    if name and luck >> 8 & 1:
        row[name] = "N/A"
    else:
        row["createdOn"] = "not a date"


def _null_id(entity: str, row: Row, luck: int) -> None:
    row["id"] = None


def _long_decimal(entity: str, row: Row, luck: int) -> None:
    """The same value, written with 19 fraction digits."""
    for name in NUMBERS.get(entity, ()):
        value = row[name]
        if isinstance(value, str) and value != "N/A":
            row[name] = f"{Decimal(value):.19f}"
        elif isinstance(value, (int, float)):
            row[name] = msgspec.Raw(f"{Decimal(str(value)):.19f}".encode())


_MARKS: tuple[tuple[str, Callable[[str, Row, int], None]], ...] = (
    ("unknown_fields", _unknown_fields),
    ("unknown_enums", _unknown_enum),
    ("nulls_in_required", _null),
    ("no_dates", _no_date),
    ("zero_ids", _zero),
    ("nul_characters", _nul),
    ("lone_surrogates", _surrogate),
    ("long_decimals", _long_decimal),
    ("zone_less", _zone_less),
    ("wrong_types", _wrong_type),
    ("null_ids", _null_id),
)
