"""The editor of workflows and its pages in a real browser: scripts build the form, so only a browser shows that it works."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from automation.workflows.models import Event, Run, Trace, Version, Workflow
from tests.automation.admin.conftest import Company, company

__all__ = ["company"]
pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def _open(page: Page, server: str, name: str, *args: object) -> None:
    page.goto(f"{server}{reverse(f'admin:automation_{name}', args=args)}")


def _edit(page: Page, server: str, company: Company) -> None:
    _open(page, server, "workflow_edit", company.workflow.pk)
    expect(page.locator(".wf-matches b")).to_be_visible()


def _newest() -> Any:
    return Version.objects.order_by("-number")[0].content


def test_a_row_more_changes_the_count_and_a_save_makes_a_version(desk: Page, server: str, company: Company) -> None:
    _edit(desk, server, company)
    count = desk.locator(".wf-matches b")
    expect(count).to_have_text("4")
    entry = desk.locator('[data-place="entry"]')
    entry.get_by_role("button", name="Add a row").click()
    row = entry.locator('[data-place="entry.all[3]"]')
    row.get_by_label("Field").select_option("estimate.subtotal")
    row.get_by_label("Operator").select_option("at least")
    row.get_by_label("Value").fill("1000")
    expect(count).to_have_text("2")
    expect(desk.locator(".wf-matches")).to_contain_text("estimate 106")
    desk.get_by_role("button", name="Save as a new version").click()
    expect(desk.get_by_text("Saved as version 2.")).to_be_visible()
    assert _newest()["entry"]["all"][3] == {"field": "estimate.subtotal", "op": "at least", "value": 1000}
    expect(desk.get_by_role("link", name="what changed since version 1")).to_be_visible()


def test_what_nobody_touched_stays_as_it_was(desk: Page, server: str, company: Company) -> None:
    _edit(desk, server, company)
    title = desk.get_by_label("Title")
    title.fill("Changed, and changed back")
    title.fill(company.workflow.title)
    desk.get_by_role("button", name="Save as a new version").click()
    expect(desk.get_by_text("Nothing differs from the newest version")).to_be_visible()
    assert company.versions() == [1]


def test_a_new_workflow_from_an_empty_form(desk: Page, server: str, company: Company) -> None:
    _open(desk, server, "workflow_add")
    desk.get_by_label("Title").fill("Quiet customers")
    desk.get_by_label("Name").fill("quiet-customers")
    desk.locator('[data-place="trigger.event"]').get_by_label("Event").select_option("customer.inactive")
    desk.get_by_label("Days", exact=True).fill("200")
    desk.get_by_label("Who reaches the goal goes no further").check()
    desk.locator('[data-place="goal"]').get_by_role("button", name="Add a group").first.click()
    desk.locator('[data-place="goal.any[0].any[0]"]').get_by_label("Value").fill("Smith")
    steps = desk.locator('[data-place="steps"]')
    steps.get_by_role("button", name="Add a step").click()
    steps.locator('[data-place="steps[3]"]').get_by_label("What it does").select_option("branch")
    branch = steps.locator('[data-place="steps[3]"]')
    branch.locator('[data-place="steps[3].then[1].template"]').get_by_label("Template").fill("b")
    steps.locator('[data-place="steps[2].template"]').get_by_label("Template").fill("a")
    steps.locator('[data-place="steps[2]"]').get_by_role("button", name="Move up").click()
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_text("Saved as version 1.")).to_be_visible()
    made = Version.objects.get(workflow__name="quiet-customers").content
    assert made["trigger"] == {"event": "customer.inactive", "days": 200}
    assert [step["do"] for step in made["steps"]] == ["send sms", "wait", "branch"]
    assert made["steps"][2] == {"do": "branch", "if": {"all": []}, "then": [{"do": "send sms", "template": "b"}]}
    assert made["goal"] == {"any": [{"any": [{"field": "customer.name", "op": "is", "value": "Smith"}]}]}


def test_what_is_wrong_is_said_at_its_place(desk: Page, server: str, company: Company) -> None:
    _edit(desk, server, company)
    wait = desk.locator('[data-place="steps[2].for"]')
    wait.get_by_label("For", exact=True).fill("9999")
    desk.get_by_role("button", name="Save as a new version").click()
    expect(wait).to_contain_text("Write a span such as")
    expect(wait.get_by_label("For", exact=True)).to_have_value("9999")
    assert company.versions() == [1]


def test_the_expert_writes_json(desk: Page, server: str, company: Company) -> None:
    _edit(desk, server, company)
    desk.get_by_role("button", name="As JSON").click()
    area = desk.get_by_label("Definition as JSON")
    area.fill(area.input_value().replace('"priority": 50', '"priority": 55'))
    desk.get_by_role("button", name="As a form").click()
    expect(desk.get_by_label("Priority, 0 to 100")).to_have_value("55")
    desk.get_by_role("button", name="Save as a new version").click()
    expect(desk.get_by_text("Saved as version 2.")).to_be_visible()
    assert _newest()["priority"] == 55


def test_a_workflow_is_switched_off_in_a_dialog(desk: Page, server: str, company: Company) -> None:
    _open(desk, server, "workflow_change", company.workflow.pk)
    desk.get_by_role("link", name="Switch off").click()
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_contain_text("Nobody enters any more.")
    assert company.workflow.enabled
    dialog.get_by_role("button", name="Switch off").click()
    expect(desk.get_by_text("is off.")).to_be_visible()
    assert not Workflow.objects.filter(enabled=True).exists()


def test_no_page_complains(desk: Page, server: str, company: Company) -> None:
    """The watch fails the test where one wrote to the console or called another host."""
    for model in (Workflow, Run, Trace, Event):
        _open(desk, server, f"{model._meta.model_name}_changelist")
        expect(desk.locator("#content")).to_be_visible()
        _open(desk, server, f"{model._meta.model_name}_change", model._default_manager.all()[0].pk)
        expect(desk.locator(".hub-record")).to_be_visible()
    for name in ("workflow_diff", "workflow_versions"):
        _open(desk, server, name, company.workflow.pk)
        expect(desk.locator(".hub-record")).to_be_visible()
    _open(desk, server, "trace_why")
    desk.get_by_label("Kind").select_option("estimate")
    desk.get_by_label("Id").fill("101")
    desk.get_by_role("button", name="Show").click()
    expect(desk.get_by_text("The entry condition does not hold").first).to_be_visible()
