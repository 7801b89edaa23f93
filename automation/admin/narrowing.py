"""Filters that several lists have."""

from typing import Any

from django.db.models import QuerySet

from automation.admin import words
from automation.workflows.models import Workflow
from config.backoffice.filters import Choices, of, recent_choice
from config.backoffice.positions import LOG_WINDOW


def workflows() -> Choices:
    """For a filter."""
    return [(str(pk), title) for pk, title in Workflow.objects.order_by("title").values_list("pk", "title")]


def by_workflow() -> Any:
    return recent_choice("workflow", "Workflow", workflows, rows=LOG_WINDOW,
                         narrow=lambda rows, chosen: rows.filter(workflow_id=words.number(chosen)))  # fmt: skip


def _of_record(rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    """`chosen` is "entity:id"."""
    entity, _, id = chosen.partition(":")
    return rows.filter(entity=entity, entity_id=words.number(id))


def of_record() -> Any:
    return of("of", "Record", _of_record, lambda chosen: chosen.replace(":", " "))
