"""Ctrl+K: a workflow by its title or name."""

from collections.abc import Iterator

from django.db.models import Q
from django.http import HttpRequest

from automation.workflows.models import Workflow
from config.backoffice import pages, palette
from config.backoffice.navigation import may_see
from config.backoffice.palette import Hit

MOST = 5


def find(request: HttpRequest, term: str) -> Iterator[Hit]:
    if not may_see(request, Workflow):
        return
    for workflow in Workflow.objects.filter(Q(title__icontains=term) | Q(name__icontains=term)).order_by("title")[:MOST]:
        state = "on" if workflow.enabled else "off"
        yield Hit(str(workflow), f"Workflow {workflow.name}, {state}", pages.page_of(Workflow, workflow.pk), "account_tree")


palette.register(find)
