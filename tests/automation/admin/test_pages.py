"""What the pages say, who may open them, and what they cost."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from automation.admin import counts, why
from automation.workflows import stored
from automation.workflows.models import Event, Run, Trace, Version, Workflow
from config.isolation.actor import acting_as
from servicetitan.models import Customer, Estimate
from tests.automation.admin.conftest import Company, text_of, url
from tests.mirror import estimate, load

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
WHY = "admin:automation_trace_why"


def test_pages_open_where_nothing_ever_ran(operator: Client) -> None:
    assert "Bring in the ready-made ones" in text_of(operator, url(Workflow, "changelist"))
    assert "Nobody has entered a workflow yet" in text_of(operator, url(Run, "changelist"))
    assert "Of which record" in text_of(operator, reverse(WHY))
    assert "run_workflows --ready" in text_of(operator, reverse("admin:index"))


def _pages(company: Company) -> list[str]:
    workflow, run = company.workflow, Run.objects.first()
    assert run is not None
    return [
        *(url(model, "changelist") for model in (Workflow, Run, Trace, Event)),
        *(url(Workflow, page, workflow.pk) for page in ("change", "versions", "diff", "export")),
        url(Run, "change", run.pk), url(Trace, "change", Trace.objects.all()[0].pk),
        url(Event, "change", Event.objects.all()[0].pk), reverse(WHY), reverse(WHY) + "?entity=customer&id=3",
    ]  # fmt: skip


def test_whoever_may_look_sees_every_page_and_a_stranger_none(viewer: Client, stranger: Client, company: Company) -> None:
    for address in _pages(company):
        assert viewer.get(address).status_code == 200, address
        assert stranger.get(address).status_code == 403, address
    assert viewer.get(url(Workflow, "edit", company.workflow.pk)).status_code == 403


def test_a_list_of_workflows_says_what_is_on_and_who_is_inside(operator: Client, company: Company) -> None:
    page = text_of(operator, url(Workflow, "changelist"))
    assert "an estimate is created" in page and re.search(r'<td class="[^"]*field-inside[^>]*>\s*4\s*</td>', page)


def test_a_workflow_in_plain_words(operator: Client, company: Company) -> None:
    page = text_of(operator, url(Workflow, "change", company.workflow.pk))
    for said in ("An estimate is created", "and estimate subtotal is at least 500", "Wait 2 days", "Send SMS unsold-estimate-1",
                 "If estimate subtotal is at least 5,000:", "Each record enters only once", "kept out".capitalize()):  # fmt: skip
        assert said in page, said


def test_a_run_tells_where_it_is_and_why(operator: Client, company: Company) -> None:
    company.go(days=3)
    run = Run.objects.get(entity_id=104)
    page = text_of(operator, url(Run, "change", run.pk))
    assert "Step 3: Wait until it is 10:00 AM" in page and "In the treated group." in page and '"subtotal": 800' in page
    assert reverse("admin:servicetitan_estimate_change", args=[104]) in page
    assert reverse("admin:servicetitan_customer_change", args=[4]) in page


def test_a_run_that_ended_says_why(operator: Client, company: Company) -> None:
    load("estimates", estimate(104, 4, "Sold", 800))
    company.go(days=3)
    run = Run.objects.get(entity_id=104)
    assert "The goal is reached." in text_of(operator, url(Run, "change", run.pk))
    assert "The goal is reached." in text_of(operator, url(Run, "changelist"))


def test_runs_are_found_by_the_id_of_a_record_or_customer_alone(operator: Client, company: Company) -> None:
    for term in ("104", "4"):
        page = text_of(operator, f"{url(Run, 'changelist')}?q={term}")
        assert "estimate 104" in page and "estimate 105" not in page, term
    for term in ("999", "estimate", "-1", "9" * 30):
        assert "estimate 104" not in text_of(operator, f"{url(Run, 'changelist')}?q={term}"), term


@pytest.mark.parametrize(
    ("query", "found"),
    [("state=active", True), ("state=failed", False), ("group=treated", True), ("of=estimate:104", True),
     ("of=estimate:x", False), ("customer=4", True), ("customer=5", False), ("workflow=0", True)],
)  # fmt: skip
def test_runs_are_narrowed(operator: Client, company: Company, query: str, found: bool) -> None:
    """A workflow that is none narrows nothing, as everywhere."""
    assert ("estimate 104" in text_of(operator, f"{url(Run, 'changelist')}?{query}")) is found


def test_events_that_nobody_decided_about(operator: Client, company: Company) -> None:
    open_ones = f"{url(Event, 'changelist')}?open=open"
    assert "estimate 104" not in text_of(operator, open_ones)
    load("estimates", estimate(110, 1))
    with acting_as("automation"):
        company.desk.listen()
    page = text_of(operator, open_ones)
    assert "estimate 110" in page and "not decided yet" in page
    assert "estimate 110" not in text_of(operator, f"{url(Event, 'changelist')}?kind=customer.created")


def test_why_and_why_not_of_a_record(operator: Client, company: Company) -> None:
    kept_out = text_of(operator, reverse(WHY) + "?entity=estimate&id=101")
    assert "The entry condition does not hold" in kept_out and "An estimate is created" in kept_out
    assert "Is the id right?" in text_of(operator, reverse(WHY) + "?entity=estimate&id=999")


def test_why_of_a_customer_holds_what_is_the_customers(operator: Client, company: Company) -> None:
    page = text_of(operator, reverse(WHY) + "?entity=customer&id=4")
    assert "estimate 104" in page and "estimate 105" not in page and "A customer is new" in page


def test_why_is_shown_in_pages_newest_first(operator: Client, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.go(days=3)
    monkeypatch.setattr(why, "PER_PAGE", 2)
    address = reverse(WHY) + "?entity=estimate&id=104"
    first, last = text_of(operator, address), text_of(operator, address + "&p=3")
    assert "10:00" in first and "An estimate is created" not in first and "&p=2" in first
    assert "An estimate is created" in last and "10:00" not in last


@pytest.mark.parametrize("query", ["entity=nothing&id=1", "entity=estimate&id=x'", "id=5&p=-3", "id=5&p=99999", "id=" + "9" * 40])
def test_an_address_that_makes_no_sense_is_no_error(operator: Client, company: Company, query: str) -> None:
    text_of(operator, f"{reverse(WHY)}?{query}")


def test_the_customers_page_tells_of_follow_ups(operator: Client, company: Company) -> None:
    page = text_of(operator, reverse("admin:servicetitan_customer_change", args=[4]))
    assert "Follow-ups" in page and url(Run, "change", Run.objects.get(entity_id=104).pk) in page
    assert f"{reverse(WHY)}?entity=customer&id=4" in page
    assert "In no workflow, and never was." in text_of(operator, reverse("admin:servicetitan_estimate_change", args=[101]))


def test_who_may_not_see_runs_sees_no_follow_ups(stranger: Client, company: Company) -> None:
    for model in (Customer, Estimate):
        name = model._meta.model_name
        assert stranger.get(reverse(f"admin:servicetitan_{name}_change", args=[4])).status_code == 403


def test_the_first_page_tells_what_is_on_and_what_failed(operator: Client, company: Company) -> None:
    page = text_of(operator, reverse("admin:index"))
    assert READY_TITLE in page and "14 days: 4 entered, 0 ended" in page
    with acting_as("automation"):
        Run.objects.filter(entity_id=104).update(state="failed", due_at=None, reason="It broke.")
    cache.clear()
    assert "A run of a workflow has failed" in text_of(operator, reverse("admin:index"))


READY_TITLE = "Unsold estimate: three friendly reminders"


def test_a_version_that_nobody_understands_is_said_and_shown(operator: Client, company: Company) -> None:
    strange = {**company.content(), "steps": [{"do": "dance"}]}
    Version.objects.create(workflow=company.workflow, number=2, trigger="estimate.created", content=strange,
                           made_at=company.desk.now)  # fmt: skip
    pk = company.workflow.pk
    assert "cannot be read" in text_of(operator, url(Workflow, "changelist"))
    assert "cannot read the newest version" in text_of(operator, url(Workflow, "change", pk))
    assert "cannot be read by this hub" in text_of(operator, reverse("admin:index"))
    difference = text_of(operator, url(Workflow, "diff", pk) + "?old=1&new=2")
    assert "compared as it was written" in difference and '"dance"' in difference


def test_what_a_version_changed_stands_in_words(operator: Client, company: Company) -> None:
    changed = company.content(priority=60)
    changed["steps"][1]["for"] = "3d"
    changed["entry"]["all"][1]["value"] = 750
    stored.store(changed, "olga", company.desk.now, using="default")
    page = text_of(operator, url(Workflow, "diff", company.workflow.pk) + "?old=1&new=2")
    for line in ('<del class="hub-line">Wait 2 days</del>', '<ins class="hub-line">Wait 3 days</ins>',
                 '<del class="hub-line">and estimate subtotal is at least 500</del>',
                 '<ins class="hub-line">and estimate subtotal is at least 750</ins>'):  # fmt: skip
        assert line in page, line
    assert '<div class="hub-line">Send SMS unsold-estimate-1</div>' in page and "Mirror" not in page
    assert operator.get(url(Workflow, "diff", company.workflow.pk) + "?old=1&new=9").status_code == 404


def test_the_search_finds_workflows(viewer: Client, stranger: Client, company: Company) -> None:
    address, found = f"{reverse('admin:search')}?extended=1&s=friendly", url(Workflow, "change", company.workflow.pk)
    assert found in text_of(viewer, address) and found not in text_of(stranger, address)


def _queries(client: Client, address: str) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        text_of(client, address)
    return len(captured)


def test_pages_take_as_many_queries_for_many_as_for_few(operator: Client, company: Company) -> None:
    addresses = [url(model, "changelist") for model in (Run, Trace, Event, Workflow)]
    addresses += [url(Workflow, "change", company.workflow.pk), reverse("admin:index")]
    before = [_queries(operator, address) for address in addresses]
    load("estimates", *(estimate(200 + n, 1, subtotal=900) for n in range(30)))
    for content in stored.ready():
        stored.store(content, "olga", company.desk.now, using="default")
    company.go()
    assert Run.objects.count() == 34
    assert [_queries(operator, address) for address in addresses] == before


def test_counts_end_after_so_many_rows(operator: Client, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "COUNTED", 3)
    found = counts.inside(company.desk.now)
    assert found.cut and found.written(found.of(company.workflow.pk)) == "4+" and found.written(0) == "not counted"
    assert "4+" in text_of(operator, url(Workflow, "changelist"))


def test_days_end_where_the_counted_decisions_end(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    whole: Any = counts.by_day(company.desk.now)
    assert len(whole.days()) == counts.DAYS and whole.on(whole.last, "entered") == 4 and whole.on(whole.last, "kept out") == 2
    cache.clear()
    monkeypatch.setattr(counts, "LOG_WINDOW", 5)
    assert counts.by_day(company.desk.now).days() == [whole.last]
