"""What happens to an estimate moves its card; people's moves and the order of a sale are respected."""

import pytest

from config.isolation.actor import acting_as
from integrations.ghl.models import Account, Opportunity, Pushed, StageRule
from tests.integrations.ghl.push.conftest import Pushing, Vendor, card
from tests.mirror import estimate, load, moment, people

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
State = Pushed.State


def visit(id: int, estimate_id: int, days: float, **more: object) -> dict[str, object]:
    return {
        "id": id, "active": True, "jobId": estimate_id + 500_000, "customerId": 1, "start": moment(days), "status": "Scheduled",
    } | more  # fmt: skip


def only(vendor: Vendor) -> dict[str, object]:
    (row,) = vendor.cards()
    return row


def test_a_sale_goes_through_the_stages(vendor: Vendor, push: Pushing) -> None:
    people(1)
    load("estimates", estimate(77, 1))
    load("appointments", visit(5, 77, days=2))
    push()
    assert vendor.stage(only(vendor)) == "Appointment Scheduled"
    assert card(77).due_at is not None, "looked at again when the visit begins"
    load("appointments", visit(5, 77, days=-0.1))
    push()
    assert vendor.stage(only(vendor)) == "Proposal Sent"
    load("appointments", visit(5, 77, days=-4))
    load("estimates", estimate(77, 1, createdOn=moment(-10)))
    push()
    assert vendor.stage(only(vendor)) == "Follow Up"
    load("estimates", estimate(77, 1, "Sold", subtotal=2000))
    push()
    assert (vendor.stage(only(vendor)), only(vendor)["status"]) == ("Sold", "won")
    assert only(vendor)["monetaryValue"] == 2080.5
    load("jobs", {"id": 9, "active": True, "customerId": 1, "createdFromEstimateId": 77, "jobStatus": "Scheduled"})
    load("appointments", visit(6, 0, days=3, jobId=9))
    push()
    assert vendor.stage(only(vendor)) == "Scheduled", "in the pipeline of the installs"
    load("jobs", {"id": 9, "active": True, "customerId": 1, "createdFromEstimateId": 77, "jobStatus": "Completed"})
    push()
    assert vendor.stage(only(vendor)) == "Completed"


def test_it_never_goes_back(vendor: Vendor, push: Pushing) -> None:
    people(1)
    load("estimates", estimate(77, 1, createdOn=moment(-10)))
    push()
    assert vendor.stage(only(vendor)) == "Follow Up"
    load("appointments", visit(5, 77, days=2))
    push()
    assert vendor.stage(only(vendor)) == "Follow Up"
    load("estimates", estimate(77, 1, "Dismissed"))
    push()
    assert (vendor.stage(only(vendor)), only(vendor)["status"]) == ("Lost", "lost")
    load("estimates", estimate(77, 1))
    push()
    assert vendor.stage(only(vendor)) == "Lost"


def test_where_a_person_moved_it_it_stays(vendor: Vendor, push: Pushing) -> None:
    people(1)
    load("estimates", estimate(77, 1))
    push()
    stages = {stage["name"]: stage["id"] for p in vendor.app.account.pipelines.values() for stage in p["stages"]}
    vendor.human("edit_opportunity", id=card(77).ghl_id, pipelineStageId=stages["Follow Up"])
    load("estimates", estimate(77, 1, "Sold", subtotal=3000))
    push()
    assert (vendor.stage(only(vendor)), only(vendor)["status"]) == ("Follow Up", "open")
    assert only(vendor)["monetaryValue"] == 3080.5, "what is not a place is sent"
    assert card(77).moved_by_human and "stays theirs" in card(77).reason
    with acting_as("ghl"):
        StageRule.objects.filter(happened="sold").update(over_human=True)
    load("estimates", estimate(77, 1, "Sold", subtotal=3500))
    push()
    assert (vendor.stage(only(vendor)), only(vendor)["status"]) == ("Sold", "won"), "unless the rule says so"


def test_a_rule_of_the_business_unit_goes_before(vendor: Vendor, push: Pushing) -> None:
    people(1)
    load("estimates", estimate(77, 1, businessUnitId=8))
    push()
    lost = StageRule.objects.using("ghl").get(happened="lost")
    with acting_as("ghl"):
        StageRule.objects.create(
            happened="sold", business_unit_id=8, pipeline_id=lost.pipeline_id, stage_id=lost.stage_id, status="abandoned"
        )
    load("estimates", estimate(77, 1, "Sold", businessUnitId=8))
    push()
    assert (vendor.stage(only(vendor)), only(vendor)["status"]) == ("Lost", "abandoned")


def test_one_card_a_customer_where_the_account_allows_no_more(vendor: Vendor, push: Pushing) -> None:
    vendor.switch(allow_duplicate_opportunity=False)
    people(1)
    load("estimates", estimate(77, 1, subtotal=100), estimate(78, 1, subtotal=900), estimate(79, 1, "Sold", subtotal=9000))
    push()
    assert only(vendor)["name"] == "Heat pump 78", "the best open one"
    load("estimates", estimate(78, 1, "Dismissed", subtotal=900))
    push()
    assert only(vendor)["name"] == "Heat pump 77"
    load("estimates", estimate(77, 1, "Dismissed", subtotal=100))
    push()
    assert (only(vendor)["name"], only(vendor)["status"]) == ("Heat pump 79", "won")


def test_somebody_elses_card_in_the_way_is_a_persons_to_decide(vendor: Vendor, push: Pushing) -> None:
    vendor.switch(allow_duplicate_opportunity=False)
    people(1)
    push()
    pipeline = next(iter(vendor.app.account.pipelines))
    contact = vendor.contacts()[0]["id"]
    made = vendor.human("create_opportunity", contactId=contact, pipelineId=pipeline, name="Made by hand")
    load("estimates", estimate(77, 1))
    push()
    row = Opportunity.objects.using("ghl").get()
    assert row.state == State.CONFLICT and made["id"] in row.reason
    assert only(vendor)["name"] == "Made by hand"


def test_when_the_account_comes_to_allow_several_the_card_stays_with_its_estimate(vendor: Vendor, push: Pushing) -> None:
    vendor.switch(allow_duplicate_opportunity=False)
    people(1)
    load("estimates", estimate(77, 1, subtotal=100), estimate(78, 1, subtotal=900))
    push()
    vendor.switch(allow_duplicate_opportunity=True)
    with acting_as("ghl"):
        from_before = Opportunity.objects.get()
        Account.objects.update(seen_at=moment(-1))
    push(mode="full")
    assert sorted(str(row["name"]) for row in vendor.cards()) == ["Heat pump 77", "Heat pump 78"]
    assert card(78).ghl_id == from_before.ghl_id


def test_without_rules_nothing_is_sent_and_the_row_says_so(vendor: Vendor, push: Pushing) -> None:
    vendor.app.account.set_pipelines({"Deals": ("One", "Two")})
    people(1)
    load("estimates", estimate(77, 1))
    push()
    assert vendor.cards() == []
    assert "No rule says" in card(77).reason
