"""What a condition holds for at this moment: counted up to a bound, within a few seconds, with some examples."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import connections, transaction
from django.db.models import QuerySet
from django.db.utils import OperationalError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from automation.workflows import wording
from automation.workflows.conditions import BadCondition, Condition, matching
from automation.workflows.entities import ENTITIES, fields_of
from automation.workflows.events import KINDS
from automation.workflows.files import parsed
from config.backoffice import pages, show
from config.backoffice.navigation import may_see
from config.isolation.actor import acting_unit

T = TypeVar("T")
COUNTED = 10_000
SHOWN, MOST_COLUMNS = 5, 4
PATIENCE_MS = 3000
LONGEST = 100_000  # characters of a condition
SLOW = "Counting takes too long. The condition is not wrong for that; a narrower one is counted faster."


@dataclass(frozen=True)
class Matches:
    """`rows`: (address, name, values); `headers` name the values."""

    count: str
    headers: list[str]
    rows: list[tuple[str, str, list[str]]]


class TooSlow(Exception):
    """Not counted within a few seconds."""


def view(request: HttpRequest) -> JsonResponse:
    """Reads only; a POST because conditions are long. `error` where the condition cannot be."""
    try:
        kind, condition = _asked(request)
        entity = KINDS[kind]
        found = look(entity, condition, timezone.now(), with_rows=may_see(request, ENTITIES[entity].model))
    except (BadCondition, TooSlow) as error:
        return JsonResponse({"error": str(error)})
    said = wording.sentence(wording.condition(condition))
    rows = [{"url": url, "name": name, "values": values} for url, name, values in found.rows]
    return JsonResponse({"count": found.count, "entity": entity, "words": said, "headers": found.headers, "rows": rows})


def _asked(request: HttpRequest) -> tuple[str, Condition]:
    if request.method != "POST":
        raise PermissionDenied
    text = request.POST.get("condition", "")
    try:
        condition = parsed(text) if len(text) <= LONGEST else None
    except ValueError:
        condition = None
    if condition is None or request.POST.get("event", "") not in KINDS:
        raise BadCondition("Choose an event first.")
    return request.POST["event"], condition


def look(entity: str, condition: Condition, now: datetime, *, with_rows: bool) -> Matches:
    """Raises BadCondition, TooSlow. Without examples where those alone take too long."""
    rows, named = matching(entity, condition, now), _named(entity, condition)
    count = _patiently(lambda: rows.order_by()[: COUNTED + 1].count())
    try:
        examples = _patiently(lambda: _examples(entity, rows, named)) if count and with_rows else []
    except TooSlow:
        examples = []
    written = f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"
    return Matches(written, [wording.field(name) for name in named], examples)


def _patiently(ask: Callable[[], T]) -> T:
    """Within a few seconds, or TooSlow."""
    alias = acting_unit().alias
    try:
        with transaction.atomic(using=alias):
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
            return ask()
    except OperationalError as error:
        raise TooSlow(SLOW) from error


def _named(entity: str, condition: Condition) -> list[str]:
    """The fields that the condition asks about."""
    found: dict[str, None] = {}
    pending: list[Any] = [condition]
    while pending:
        part = pending.pop(0)
        if "field" in part:
            found[part["field"]] = None
        else:
            pending += next(iter(part.values()))
    return [name for name in found if name in fields_of(entity)][:MOST_COLUMNS]


def _examples(entity: str, rows: QuerySet[Any], named: list[str]) -> list[tuple[str, str, list[str]]]:
    """The newest few."""
    paths = [fields_of(entity)[name].path for name in named]
    found = rows.order_by("-pk").values_list("pk", *paths)[:SHOWN]
    model = ENTITIES[entity].model
    return [(pages.page_of(model, pk), f"{entity} {pk}", [_text(value) for value in values]) for pk, *values in found]


def _text(value: Any) -> str:
    if value is None or value == "":
        return show.DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    return show.clock(value) if isinstance(value, datetime) else show.short(str(value), 40)
