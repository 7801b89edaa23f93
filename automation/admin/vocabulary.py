"""What the editor offers: events, fields, operators and steps, read from where the engine has them."""

from functools import cache
from typing import Any

from automation.workflows import wording
from automation.workflows.conditions import DEEPEST, OPERATORS
from automation.workflows.entities import ENTITIES, fields_of
from automation.workflows.events import KINDS, TIMED

WITHOUT_DAYS = ("appointment.tomorrow",)


@cache
def vocabulary() -> dict[str, Any]:
    return {
        "events": [_event(kind) for kind in sorted(KINDS)],
        "fields": {entity: _fields(entity) for entity in ENTITIES},
        "operators": {kind: {op: takes for op, (takes, _) in known.items()} for kind, known in OPERATORS.items()},
        "deepest": DEEPEST,
    }


def _event(kind: str) -> dict[str, Any]:
    days = kind in TIMED and kind not in WITHOUT_DAYS
    return {"kind": kind, "entity": KINDS[kind], "label": wording.sentence(wording.event(kind)), "days": days}


def _fields(entity: str) -> list[dict[str, str]]:
    found = fields_of(entity).values()
    return [{"name": one.name, "group": one.name.partition(".")[0], "label": wording.field(one.name), "kind": one.kind}
            for one in found]  # fmt: skip
