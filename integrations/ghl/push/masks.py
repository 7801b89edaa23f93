"""What of a request or an answer may stand in a log: ids, stages, money and tags; never who somebody is or how to reach them."""

from typing import Any

SHOWN = frozenset((
    "id", "contactId", "pipelineId", "pipelineStageId", "status", "monetaryValue", "tags", "source", "country", "new", "dnd",
    "statusCode", "lostReasonId",
))  # fmt: skip
MASK = "\N{BULLET}" * 3


def masked(values: dict[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    return {name: value if name in SHOWN else _mask(name, value) for name, value in values.items() if value is not None}


def _mask(name: str, value: Any) -> Any:
    if name == "customFields" and isinstance(value, list):
        return [{"id": field.get("id")} for field in value if isinstance(field, dict)]
    return MASK
