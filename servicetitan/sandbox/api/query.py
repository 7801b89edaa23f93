"""Reading query parameters: unknown ones are ignored, bad values of known ones refused (trap 6)."""

import re
from typing import NamedTuple

from config.sandbox import moments
from config.sandbox.http import Request
from servicetitan.sandbox.api.errors import bad_parameter

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, MAX_IDS = 50, 5000, 50
INT64 = 2**63 - 1
_SORT = re.compile(r"([+-]?)([A-Za-z]+)")


class Paging(NamedTuple):
    page: int
    size: int
    total: bool


class Sort(NamedTuple):
    field: str
    descending: bool


def boolean(request: Request, name: str) -> bool:
    value = (request.last(name) or "false").lower()
    if value not in {"true", "false"}:
        raise bad_parameter(name, value)
    return value == "true"


def integer(request: Request, name: str) -> int | None:
    value = request.last(name)
    return None if value is None or value == "" else _int64(name, value)


def number(request: Request, name: str) -> float | None:
    value = request.last(name)
    if value is None or value == "":
        return None
    try:
        return float(value)
    except ValueError:
        raise bad_parameter(name, value) from None


def _int64(name: str, value: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,19}", value.strip()) or abs(int(value)) > INT64:
        raise bad_parameter(name, value)
    return int(value)


def integers(request: Request, name: str, most: int = MAX_IDS) -> list[int] | None:
    """A comma-separated list; None when it is not given."""
    values = request.query.get(name)
    if not values:
        return None
    parts = [part for value in values for part in value.split(",") if part.strip()]
    if len(parts) > most:
        raise bad_parameter(name, f"{len(parts)} values", f"{name}: at most {most} are allowed")
    return [_int64(name, part) for part in parts]


def moment(request: Request, name: str) -> int | None:
    """A bare date is ignored here, as a live tenant does (section 2.1); rubbish is refused."""
    value = request.last(name)
    if not value or moments.is_bare_date(value):
        return None
    found = moments.parse(value)
    if found is None:
        raise bad_parameter(name, value)
    return found


def word(request: Request, name: str, allowed: tuple[str, ...]) -> str | None:
    value = request.last(name)
    return None if not value else _one_of(name, value, allowed)


def words(request: Request, name: str, allowed: tuple[str, ...]) -> set[str] | None:
    """A parameter given once for each value."""
    values = [part for value in request.query.get(name, []) for part in value.split(",") if part]
    return {_one_of(name, value, allowed) for value in values} or None


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    for candidate in allowed:
        if candidate.lower() == value.lower():
            return candidate
    raise bad_parameter(name, value)


def active_filter(request: Request, default: str) -> bool | None:
    """active=True|Any|False; None means both."""
    value = word(request, "active", ("True", "Any", "False")) or default
    return {"True": True, "False": False, "Any": None}[value]


def active_state(request: Request, default: str) -> bool | None:
    """The same on invoices, where it has another name and other words."""
    value = word(request, "activeState", ("ActiveOnly", "InactiveOnly", "All")) or default
    return {"ActiveOnly": True, "InactiveOnly": False, "All": None}[value]


def paging(request: Request) -> Paging:
    page = integer(request, "page")
    size = integer(request, "pageSize")
    if page is not None and page < 1:
        raise bad_parameter("page", str(page))
    if size is not None and not 1 <= size <= MAX_PAGE_SIZE:
        raise bad_parameter("pageSize", str(size))
    return Paging(page or 1, size or DEFAULT_PAGE_SIZE, boolean(request, "includeTotal"))


def sort(request: Request, allowed: tuple[str, ...]) -> Sort | None:
    """+Field or -Field. A plus sent bare arrives as a space and is refused: it must be %2B."""
    value = request.last("sort")
    if value:
        found = _SORT.fullmatch(value)
        if not found:
            raise bad_parameter("sort", value)
        return Sort(_sortable("sort", value, found[2], allowed), found[1] == "-")
    field = request.last("orderBy")
    if not field:
        return None
    descending = (request.last("orderByDirection") or "").lower() in {"desc", "descending"}
    return Sort(_sortable("orderBy", field, field, allowed), descending)


def _sortable(name: str, value: str, field: str, allowed: tuple[str, ...]) -> str:
    for candidate in allowed:
        if candidate.lower() == field.lower():
            return candidate
    raise bad_parameter(name, value)
