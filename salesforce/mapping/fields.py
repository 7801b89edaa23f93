"""Fields of the org as a describe tells them, and making a value fit one: too long is cut, what no list allows is left out.

Source: REST API Developer Guide, "sObject Describe". Strings that are too long fail since API 15 instead of being cut.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

_TEXTS = {"string", "textarea", "phone", "url", "email", "combobox", "encryptedstring", "id", "reference", "multipicklist"}
_NUMBERS = {"double", "currency", "percent", "int", "long"}
_CODES = {"State": "StateCode", "Country": "CountryCode"}


@dataclass(frozen=True)
class Field:
    """What matters of a field. `values`: of a list that allows no others, {value: label}; None: any."""

    name: str
    label: str
    type: str
    length: int
    writable: bool
    required: bool
    external_id: bool
    unique: bool
    values: dict[str, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Fields = Mapping[str, Field]


def read_fields(described: Mapping[str, Any]) -> dict[str, Field]:
    """Of a describe's answer."""
    found = {}
    for raw in described["fields"]:
        if not isinstance(raw, dict) or not raw.get("name"):
            continue
        listed = {str(one.get("value")): str(one.get("label")) for one in raw.get("picklistValues") or [] if one.get("active")}
        found[str(raw["name"])] = Field(
            name=str(raw["name"]),
            label=str(raw.get("label") or raw["name"]),
            type=str(raw.get("type") or "string"),
            length=int(raw.get("length") or 0),
            writable=bool(raw.get("createable") and raw.get("updateable")),
            required=bool(raw.get("createable") and not raw.get("nillable") and not raw.get("defaultedOnCreate")),
            external_id=bool(raw.get("externalId")),
            unique=bool(raw.get("unique")),
            values=listed if raw.get("restrictedPicklist") else None,
        )
    return found


class Unfit(Exception):
    """The value cannot be brought into the field. The message is a sentence."""


def coded(fields: Fields, target: str) -> str:
    """Where the org has lists of states and countries, their codes are sent: MailingState is MailingStateCode."""
    for ending, code in _CODES.items():
        if target.endswith(ending) and (name := target.removesuffix(ending) + code) in fields:
            return name
    return target


def fit(field: Field, value: Any) -> tuple[Any, str]:
    """(as it is sent in JSON, a note where something was lost). Raises Unfit."""
    if field.type in _NUMBERS:
        return _number(field, value), ""
    if field.type == "boolean":
        return _flag(field, value), ""
    if field.type in ("date", "datetime"):
        return _moment(field, value), ""
    if field.type not in _TEXTS and field.type not in ("picklist",):
        raise Unfit(f"{field.label} is of the type {field.type}, into which nothing is sent.")
    text = _text(value)
    if field.values is not None:
        return _listed(field, text), ""
    if field.length and len(text) > field.length:
        return text[: field.length].rstrip(), f"{field.label} was cut to {field.length} characters."
    return text, ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    return str(value).strip()


def _number(field: Field, value: Any) -> float | int:
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        raise Unfit(f"{field.label} takes numbers only.") from None
    return int(number) if field.type in ("int", "long") else float(number)


def _flag(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit(f"{field.label} takes only yes or no.")
    return value


def _moment(field: Field, value: Any) -> str:
    if not isinstance(value, date):
        raise Unfit(f"{field.label} takes dates only.")
    if field.type == "date":
        return (timezone.localdate(value) if isinstance(value, datetime) else value).isoformat()
    moment = value if isinstance(value, datetime) else datetime.combine(value, time(12), timezone.get_current_timezone())
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _listed(field: Field, text: str) -> str:
    """By its value or its label, whatever the capitals. Half a country's name is no other country's."""
    assert field.values is not None
    wanted = text.lower()
    for value, label in field.values.items():
        if wanted in (value.lower(), label.lower()):
            return value
    raise Unfit(f"{field.label} has a list of values, and '{text[:40]}' is not in it.")


def default_country(fields: Fields, target: str) -> tuple[str, str] | None:
    """A state's code is refused without its country: (field, code) of the company's own, where the org has such lists."""
    if not target.endswith("StateCode"):
        return None
    name = target.removesuffix("StateCode") + "CountryCode"
    field = fields.get(name)
    country = settings.HUB_COUNTRY
    return (name, country) if field is not None and (field.values is None or country in field.values) else None
