"""Definitions in the database: a change makes a new version, and the newest is the one that people enter."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction

from automation.workflows.definitions import BadDefinition, Definition, read
from automation.workflows.events import ALIAS
from automation.workflows.models import Version, Workflow

READY = Path(__file__).parent / "ready"


class Unreadable(Exception):
    """A version that this hub does not understand: its runs wait for one that does."""


@dataclass(frozen=True)
class Current:
    """A workflow as people enter it now."""

    workflow: Workflow
    version: Version
    definition: Definition


def store(content: Any, who: str, now: datetime, *, enabled: bool | None = None, using: str = ALIAS) -> Current:
    """Raises BadDefinition, and then nothing is changed. The same content once more makes no version."""
    definition = read(content)
    with transaction.atomic(using=using):
        workflow, _ = Workflow.objects.using(using).get_or_create(
            name=definition.name, defaults={"title": definition.title, "made_at": now, "made_by": who}
        )
        Workflow.objects.using(using).select_for_update().get(pk=workflow.pk)
        last = Version.objects.using(using).filter(workflow=workflow).order_by("-number").first()
        if last is None or last.content != json.loads(json.dumps(content)):
            number = last.number + 1 if last else 1
            last = Version.objects.using(using).create(
                workflow=workflow, number=number, trigger=definition.event, content=content, made_at=now, made_by=who
            )
        workflow.title = definition.title
        workflow.enabled = workflow.enabled if enabled is None else enabled
        workflow.save(using=using, update_fields=["title", "enabled"])
    return Current(workflow, last, definition)


def current(event: str | None = None) -> list[Current]:
    """The enabled ones, by priority; `event`: only those that it triggers. One that cannot be read is nobody's: it is skipped."""
    rows = Version.objects.filter(workflow__enabled=True).select_related("workflow")
    found = [
        Current(row.workflow, row, definition)
        for row in rows.order_by("workflow_id", "-number").distinct("workflow_id")
        if (event is None or row.trigger == event) and (definition := read_version(row)) is not None
    ]
    return sorted(found, key=lambda one: (-one.definition.priority, one.workflow.name))


def read_version(version: Version) -> Definition | None:
    """None where this hub does not understand it."""
    return definition_of(version.pk, json.dumps(version.content))


def newest(workflow: Workflow) -> Current:
    """The version that people enter, whether or not the workflow is switched on. Raises Unreadable."""
    version = Version.objects.filter(workflow=workflow).order_by("-number").first()
    if version is None:
        raise Unreadable(f"{workflow.name} has no version: store its definition first.")
    return Current(workflow, version, readable(version))


def readable(version: Version) -> Definition:
    """Raises Unreadable."""
    found = definition_of(version.pk, json.dumps(version.content))
    if found is None:
        raise Unreadable(f"Version {version.number} of the workflow cannot be read by this hub.")
    return found


@lru_cache(maxsize=500)
def definition_of(version_id: int, content: str) -> Definition | None:
    """Versions never change, so each is read once a process."""
    try:
        return read(json.loads(content))
    except BadDefinition:
        return None


def ready() -> Sequence[Any]:
    """The definitions that come with the hub."""
    return [json.loads(path.read_text()) for path in sorted(READY.glob("*.json"))]
