"""Follow-ups on ServiceTitan's own pages: what a customer, estimate, job, appointment or invoice is or was in."""

from functools import partial
from typing import Any

from django.http import HttpRequest

from automation.admin import why, words
from automation.admin.runs import where
from automation.workflows.entities import ENTITIES
from automation.workflows.models import Run, Trace
from config.backoffice import pages, panels, show
from config.backoffice.navigation import may_see
from config.backoffice.panels import Panel, Table

SHOWN = 10
HEADERS = ("Workflow", "Record", "State", "Where it is, or why it ended", "Entered", "Goes on", "")


def of_record(entity: str, request: HttpRequest, record: Any) -> list[Panel]:
    if not may_see(request, Run):
        return []
    which = {"customer_id": record.pk} if entity == "customer" else {"entity": entity, "entity_id": record.pk}
    found = list(Run.objects.filter(**which).select_related("workflow", "version").order_by("-pk")[: SHOWN + 1])
    rows = [_cells(run) for run in found[:SHOWN]]
    more = ("Why and why not", why.url(f"{entity}:{record.pk}")) if may_see(request, Trace) else None
    count = f"{SHOWN}+" if len(found) > SHOWN else str(len(found))
    return [Table(title="Follow-ups", headers=HEADERS, rows=rows, count=count if rows else "", more=more,
                  empty="In no workflow, and never was.")]  # fmt: skip


def _cells(run: Run) -> tuple[Any, ...]:
    return (
        pages.link_to(run.workflow), words.record_link(run.entity, run.entity_id), words.state_pill(run.state),
        where(run), show.moment(run.started_at), show.moment(run.due_at), pages.link_to(run, "details"),
    )  # fmt: skip


for name, entity in ENTITIES.items():
    panels.register(entity.model, partial(of_record, name))
