"""Stage rules: chosen from what GoHighLevel has, checked against it, and written by people alone."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from integrations.models import StageRule
from servicetitan.models import BusinessUnit
from tests.integrations.ghl.admin.conftest import INSTALL, SALES, Ghl, Mirror, Queued, text_of, url

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def form(**values: Any) -> dict[str, Any]:
    usual = {"happened": "sold", "business_unit": "", "place": f"{SALES} sSold", "status": "won", "lost_reason": ""}
    return {**usual, "after_days": 3, **values}


def refused(client: Client, address: str, **values: Any) -> str:
    before = StageRule.objects.count()
    answer = client.post(address, form(**values))
    assert answer.status_code == 200, "it was accepted"
    assert StageRule.objects.count() == before
    return str(answer.content.decode())


def test_a_rule_is_made_from_lists_and_is_the_persons_own(operator: Client, ghl: Ghl, mirror: Mirror) -> None:
    ghl.account()
    mirror.add(BusinessUnit, 1204, name="Plumbing")
    page = text_of(operator, url(StageRule, "add"))
    for text in ("Sales: Proposal Sent", "Install: Completed", "Plumbing", "Price", "any business unit"):
        assert text in page, text
    operator.post(url(StageRule, "add"), form(business_unit="1204", place=f"{INSTALL} sDone", over_human="on"))
    rule = StageRule.objects.get()
    assert (rule.pipeline_id, rule.stage_id, rule.business_unit_id) == (INSTALL, "sDone", 1204)
    assert rule.over_human and not rule.suggested
    assert LogEntry.objects.count() == 1


def test_a_suggested_rule_becomes_a_persons_when_it_is_saved(operator: Client, ghl: Ghl) -> None:
    ghl.account()
    rule = ghl.rule(suggested=True)
    operator.post(url(StageRule, "change", rule.pk), form(place=f"{SALES} sSent"))
    rule.refresh_from_db()
    assert rule.stage_id == "sSent" and not rule.suggested


def test_what_does_not_fit_is_refused_with_a_sentence(operator: Client, ghl: Ghl) -> None:
    ghl.account()
    add = url(StageRule, "add")
    assert "Select a valid choice" in refused(operator, add, place=f"{SALES} sNowhere")
    assert "goes only with the status “Lost”" in refused(operator, add, lost_reason="rPrice")
    assert "less than or equal to 365" in refused(operator, add, happened="follow_up", after_days=4000)
    ghl.rule("sold")
    assert "There is a rule for this and the same business unit already" in refused(operator, add)


def test_a_stage_that_is_gone_is_shown_and_cannot_be_saved_again(operator: Client, ghl: Ghl) -> None:
    ghl.account()
    ghl.run()
    rule = ghl.rule(stage_id="sOld")
    assert "The pipeline has no such stage (any more)." in text_of(operator, url(StageRule, "changelist"))
    assert "A stage rule points to something GoHighLevel does not have any more." in text_of(operator, reverse("admin:index"))
    assert "sOld: not there any more" in text_of(operator, url(StageRule, "change", rule.pk))
    page = refused(operator, url(StageRule, "change", rule.pk), place=f"{SALES} sOld")
    assert "does not have this stage any more" in page
    assert "correct it first" in text_of(operator, url(StageRule, "apply"))


def test_rules_are_suggested_for_what_has_none(operator: Client, ghl: Ghl, queued: Queued) -> None:
    ghl.account()
    own = ghl.rule("sold", stage_id="sLost")
    assert "The estimate is with the customer" in text_of(operator, url(StageRule, "suggest"))
    operator.post(url(StageRule, "suggest"))
    made = {rule.happened: rule for rule in StageRule.objects.all()}
    assert set(made) == {"appointment_scheduled", "proposal_sent", "sold", "lost", "install_completed"}
    assert made["sold"] == own and made["sold"].stage_id == "sLost"
    assert made["lost"].suggested and made["lost"].status == "lost"
    assert "nothing more to suggest" in text_of(operator, url(StageRule, "suggest"))
    assert queued() == []


def test_the_list_says_what_becomes_of_cards_without_a_rule(operator: Client, ghl: Ghl) -> None:
    ghl.account()
    ghl.rule("sold")
    page = text_of(operator, url(StageRule, "changelist"))
    assert "No rule yet" in page and "as “The estimate was sold”" in page and "not sent" in page


def test_without_the_account_nothing_can_be_chosen(operator: Client, ghl: Ghl) -> None:
    assert "Select a valid choice" in refused(operator, url(StageRule, "add"))


def test_a_rule_is_deleted_by_who_may(operator: Client, viewer: Client, ghl: Ghl) -> None:
    rule = ghl.rule()
    assert viewer.post(url(StageRule, "delete", rule.pk), {"post": "yes"}).status_code == 403
    operator.post(url(StageRule, "delete", rule.pk), {"post": "yes"})
    assert not StageRule.objects.exists()
