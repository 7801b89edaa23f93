"""`manage.py messaging templates`: bring in the ready-made ones, list what there is, and look at one with a real record."""

from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError

from automation.messaging.models import TemplateVersion
from automation.messaging.wording import facts, rendering, templates
from automation.messaging.wording.rendering import Missing
from automation.messaging.wording.segments import measure


@dataclass(frozen=True)
class Told:
    """The same for people, and for programs."""

    lines: list[str]
    data: Any


def add_arguments(parser: ArgumentParser) -> None:
    act = parser.add_mutually_exclusive_group(required=True)
    act.add_argument("--ready", action="store_true", help="bring in those that come with the hub and are not there yet")
    act.add_argument("--list", action="store_true", help="what there is, and what its newest version costs")
    act.add_argument("--preview", metavar="NAME", help="the text as it would be sent; with examples where no record is named")
    parser.add_argument("--entity-id", type=int, metavar="ID", help="the estimate, job, ... that --preview is filled in with")
    parser.add_argument("--json", action="store_true")


def run(options: dict[str, Any], now: datetime) -> Told:
    if options["entity_id"] is not None and not options["preview"]:
        raise CommandError("--entity-id belongs to --preview.")
    if options["ready"]:
        return _ready(now)
    return _list() if options["list"] else _preview(options["preview"], options["entity_id"], now)


def _ready(now: datetime) -> Told:
    made = [version.template.name for version in templates.bring_in_ready("command", now)]
    return Told([f"brought in: {name}" for name in made] or ["They are all there."], {"brought_in": made})


def _list() -> Told:
    rows = [_row(version) for version in templates.newest()]
    lines = [
        f"{row['name']:32} {row['kind']:6} {row['purpose']:10} {row['entity']:12} version {row['version']:<4} {row['size']}"
        for row in rows
    ]  # fmt: skip
    return Told(lines or ["There is no template. Bring in the ready-made ones: manage.py messaging templates --ready"], rows)


def _row(version: TemplateVersion) -> dict[str, Any]:
    template = version.template
    row = {
        "name": template.name, "title": template.title, "kind": template.kind, "purpose": template.purpose,
        "entity": template.entity, "version": version.number,
    }  # fmt: skip
    try:
        text = rendering.render(version, facts.sample(template.entity))
    except Missing as missing:
        return {**row, "size": f"would not be sent: {missing}", "segments": None}
    return {**row, "size": _size(text), "segments": text.segments}


def _size(text: rendering.Text) -> str:
    if not text.segments:
        return ""
    odd = measure(text.body).odd
    because = f", because of {' '.join(odd)}" if odd else ""
    parts = "1 part" if text.segments == 1 else f"{text.segments} parts"
    return f"{parts} ({text.encoding}{because}), {rendering.cost_of(text.segments)}"


def _preview(name: str, id: int | None, now: datetime) -> Told:
    version = templates.current(name)
    if version is None:
        raise CommandError(f"There is no template {name}. See: manage.py messaging templates --list")
    entity = version.template.entity
    known = facts.sample(entity) if id is None else facts.facts_of(entity, [id], now).get(id)
    if known is None:
        raise CommandError(f"There is no {entity} {id} in the mirror; {name} is about one.")
    try:
        text = rendering.render(version, known)
    except Missing as missing:
        raise CommandError(f"It would not be sent: {missing}") from missing
    head = [f"Subject: {text.subject}", ""] if text.subject else []
    size = _size(text)
    data = {
        "name": name, "version": version.number, "entity": entity, "entity_id": id, "subject": text.subject, "body": text.body,
        "segments": text.segments, "encoding": text.encoding, "cost": None if not text.segments else
        str(rendering.cost_of(text.segments)),
    }  # fmt: skip
    return Told([*head, *text.body.split("\n"), *(["", size] if size else [])], data)
