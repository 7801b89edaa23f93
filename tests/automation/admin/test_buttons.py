"""What is switched and brought in: only by a POST, and only by whoever may."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from automation.workflows import stored
from automation.workflows.models import Run, Version, Workflow
from tests.automation.admin.conftest import READY, Company, text_of, url

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def _on() -> int:
    return Workflow.objects.filter(enabled=True).count()


def test_a_workflow_is_switched_off_and_on(operator: Client, company: Company) -> None:
    pk = company.workflow.pk
    assert "who is inside waits" in text_of(operator, url(Workflow, "switch_off", pk)).lower()
    assert _on() == 1
    operator.post(url(Workflow, "switch_off", pk))
    assert _on() == 0
    assert "From now on records enter when an estimate is created" in text_of(operator, url(Workflow, "switch_on", pk))
    operator.post(url(Workflow, "switch_on", pk))
    assert _on() == 1
    assert set(LogEntry.objects.values_list("change_message", flat=True)) == {"Switched off", "Switched on"}


def test_who_may_only_look_switches_nothing(viewer: Client, company: Company) -> None:
    pk = company.workflow.pk
    for button in ("switch_off", "switch_on"):
        assert viewer.get(url(Workflow, button, pk)).status_code == 403
        assert viewer.post(url(Workflow, button, pk)).status_code == 403
    assert viewer.post(url(Workflow, "bring_in")).status_code == 403
    page = text_of(viewer, url(Workflow, "change", pk))
    assert url(Workflow, "edit", pk) not in page and "Switch off" not in page
    assert company.workflow.enabled and Workflow.objects.count() == 1


def test_ready_made_ones_come_in_switched_off_beside_what_is_there(operator: Client, company: Company) -> None:
    changed = company.content(title="Ours")
    stored.store(changed, "olga", company.desk.now, using="default")
    operator.get(url(Workflow, "bring_in"))
    assert Workflow.objects.count() == 1
    operator.post(url(Workflow, "bring_in"))
    assert Workflow.objects.count() == len(stored.ready())
    assert [w.title for w in Workflow.objects.filter(enabled=True)] == ["Ours"] and company.versions() == [1, 2]
    assert "All of them are here" in text_of(operator, url(Workflow, "bring_in"))


def test_a_workflow_that_cannot_be_read_is_not_switched_on(operator: Client, company: Company) -> None:
    Workflow.objects.update(enabled=False)
    Version.objects.create(workflow=company.workflow, number=2, trigger="", content={}, made_at=company.desk.now)
    operator.post(url(Workflow, "switch_on", company.workflow.pk))
    assert not company.workflow.enabled


def test_an_export_is_what_an_import_takes(viewer: Client, company: Company) -> None:
    answer = viewer.get(url(Workflow, "export", company.workflow.pk))
    assert answer["Content-Disposition"] == 'attachment; filename="unsold-estimate.json"'
    assert json.loads(answer.content) == READY
    assert list(json.loads(answer.content))[:3] == ["name", "title", "trigger"]


def test_nobody_deletes_or_overwrites_anything(boss: Client, company: Company) -> None:
    run = Run.objects.all()[0]
    for model, pk in ((Workflow, company.workflow.pk), (Run, run.pk)):
        for page in ("change", "delete"):
            assert boss.post(url(model, page, pk), {"post": "yes", "title": "x"}).status_code == 403
    assert company.versions() == [1] and Run.objects.filter(pk=run.pk).exists()
