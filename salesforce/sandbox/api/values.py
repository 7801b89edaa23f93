"""What one field takes: its type, length, form and picklist (contract sections 9 and 10)."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from salesforce.sandbox.api.errors import Problem, malformed
from salesforce.sandbox.org.fields import Field
from salesforce.sandbox.org.ids import whole
from salesforce.sandbox.switches import Switches

NUMBERS = ("int", "double", "currency", "percent")
_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T.*)?")  # of a moment the day is kept
_TOKENS = {bool: "VALUE_TRUE", int: "VALUE_NUMBER_INT", float: "VALUE_NUMBER_FLOAT", str: "VALUE_STRING"}
_TOKENS |= {list: "START_ARRAY", dict: "START_OBJECT"}


class Wrong(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read(field: Field, value: Any, switches: Switches, *, csv: bool) -> Any:
    """The value as the org keeps it, None for none. `csv`: everything comes as text."""
    if value is None:
        return False if field.type == "boolean" else None
    kept = _from_csv(field, value) if csv else _from_json(field, value, switches)
    if not isinstance(kept, str):
        return _in_range(field, kept)
    kept = kept.strip() if switches.trims_text and field.type not in {"date", "datetime"} else kept
    if not kept and (switches.empty_text == "clears" or field.type not in {"string", "textarea"}):
        return None
    _check(field, kept)
    return kept


def _from_json(field: Field, value: Any, switches: Switches) -> Any:
    try:
        return _typed(field.type, value)
    except ValueError:
        if switches.wrong_type_rejects == "row":
            raise Wrong(_not_of_type(field, value)) from None
        token = _TOKENS[type(value)]
        raise malformed(
            f"Cannot deserialize instance of {_word(field.type)} from {token} value {value} "
            "or request may be missing a required field at [line:1, column:1]"
        ) from None


def _word(type: str) -> str:
    return type if type in {"boolean", "date", "datetime", "reference", *NUMBERS} else "string"


def _typed(type: str, value: Any) -> Any:
    if type == "boolean":
        return _exactly(bool, value)
    if type == "int":
        return int(_exactly(int, value))
    if type in NUMBERS:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else _exactly(float, value)
    text = _exactly(str, value)
    return _MOMENTS[type](text) if text and type in _MOMENTS else text


def _exactly(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise ValueError(value)
    return value


def _date(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text[:10]).isoformat()


def _datetime(text: str) -> str:
    """Without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


_MOMENTS: dict[str, Callable[[str], str]] = {"date": _date, "datetime": _datetime}


def _from_csv(field: Field, text: str) -> Any:
    try:
        if field.type == "boolean":
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        if field.type == "int":
            return int(text)
        if field.type in NUMBERS:
            return float(text)
        return _typed(field.type, text)
    except (ValueError, LookupError):
        raise Wrong(_not_of_type(field, text)) from None


def _not_of_type(field: Field, value: Any) -> Problem:
    message = f"{field.label}: value not of required type: {value}"
    return Problem("INVALID_TYPE_ON_FIELD_IN_RECORD", message, (field.name,))


def _in_range(field: Field, number: Any) -> Any:
    digits = int(field.raw["digits"]) or int(field.raw["precision"]) - int(field.raw["scale"])
    if field.type in NUMBERS and digits and abs(number) >= 10**digits:
        message = f"{field.label}: value outside of valid range on numeric field: {number}"
        raise Wrong(Problem("NUMBER_OUTSIDE_VALID_RANGE", message, (field.name,)))
    return number


def _check(field: Field, text: str) -> None:
    if field.type in {"id", "reference"} and whole(text) is None:
        raise Wrong(Problem("MALFORMED_ID", f"{field.label}: id value of incorrect type: {text}", (field.name,)))
    if field.length and len(text) > field.length:
        message = f"{field.label}: data value too large: {text} (max length={field.length})"
        raise Wrong(Problem("STRING_TOO_LONG", message, (field.name,)))
    if field.type == "email" and not _EMAIL.fullmatch(text):
        raise Wrong(Problem("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", (field.name,)))
    if field.values is not None and text not in field.values:
        message = f"{field.label}: bad value for restricted picklist field: {text}"
        raise Wrong(Problem("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, (field.name,)))
