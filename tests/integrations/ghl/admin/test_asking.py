"""Buttons: what is asked for arrives as a task of the unit; nobody else may ask, and looking asks for nothing."""

from typing import Any

import pytest
from django.test import Client

from config.isolation import switches
from config.isolation.actor import acting_as
from config.isolation.models import SwitchChange
from integrations.ghl.models import Draft, StageRule
from tests.integrations.ghl.admin.conftest import Left, Queued, url

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
BY = {"trigger": "admin: olga"}
RUNS: list[tuple[str, str, dict[str, Any]]] = [
    ("syncrun_push_now", "ghl.sync", {}),
    ("syncrun_compare_now", "ghl.reconcile", {}),
    ("syncrun_look_again", "ghl.sync", {"mode": "full"}),
    ("contact_retry_conflicts", "ghl.retry", {"kind": "contact", "state": "conflict", "who": "olga"}),
    ("contact_retry_skipped", "ghl.retry", {"kind": "contact", "state": "skipped", "who": "olga"}),
]


@pytest.mark.parametrize(("button", "task", "arguments"), RUNS, ids=[button for button, _, _ in RUNS])
def test_a_list_s_buttons(
    operator: Client, stranger: Client, left: Left, queued: Queued, button: str, task: str, arguments: dict[str, Any]
) -> None:
    assert operator.get(url(button)).status_code == 200
    assert stranger.post(url(button)).status_code == 403
    assert queued() == [], "looking at the question asks for nothing, and neither does a stranger"
    assert operator.post(url(button)).status_code == 302
    assert queued() == [(task, BY | arguments)]


def test_a_record_s_buttons(operator: Client, left: Left, queued: Queued) -> None:
    operator.post(url("contact_send_one", 1))
    operator.post(url("opportunity_send_one", left.card.pk))
    operator.post(url("contact_make_again", 3))
    assert queued() == [
        ("ghl.push", BY | {"customers": [1]}),
        ("ghl.push", BY | {"estimates": [77]}),
        ("ghl.make_again", BY | {"kind": "contact", "id": 3}),
    ]


def test_what_would_be_in_vain_is_not_asked_for(operator: Client, left: Left, queued: Queued) -> None:
    assert "was not deleted" in operator.post(url("contact_make_again", 1)).content.decode()
    assert "Make it again" in operator.post(url("contact_send_one", 3)).content.decode()
    assert "none that failed" in operator.post(url("contact_retry_failed")).content.decode()
    assert "Make it again" not in operator.get(url("contact_change", 1)).content.decode()
    assert queued() == []


def test_while_the_switch_is_off_it_says_so(operator: Client, left: Left, queued: Queued) -> None:
    with acting_as("backoffice"):
        switches.turn(SwitchChange(switch="ghl", mode="hold", who="ann", why="wrong prices"))
    assert "wrong prices" in operator.post(url("syncrun_push_now")).content.decode()
    assert queued() == []
    with acting_as("backoffice"):
        switches.turn(SwitchChange(switch="ghl", mode="run", who="ann", why=""))


@pytest.mark.parametrize(("button", "approve"), [("approve", True), ("reject", False)])
def test_a_draft_is_decided_once(
    operator: Client, stranger: Client, left: Left, queued: Queued, button: str, approve: bool
) -> None:
    assert stranger.post(url(f"draft_{button}", left.draft.pk)).status_code == 403
    operator.post(url(f"draft_{button}", left.draft.pk))
    assert queued() == [("ghl.decide", BY | {"draft": left.draft.pk, "approve": approve, "who": "olga"})]
    with acting_as("ghl"):
        Draft.objects.filter(pk=left.draft.pk).update(state="approved", decided_by="ann")
    assert "decided already, by ann" in operator.post(url(f"draft_{button}", left.draft.pk)).content.decode()
    assert queued() == []


RULE = {"happened": "sold", "unit": "", "stage": "p1/s2", "status": "won", "lost_reason_id": "", "after_days": "3"}


def test_a_rule_is_made_of_what_the_sub_account_has(operator: Client, left: Left) -> None:
    form = operator.get(url("stagerule_add")).content.decode()
    assert "Sales: Proposal Sent" in form and "Install: Scheduled" in form and "Price" in form
    assert operator.post(url("stagerule_add"), RULE).status_code == 302
    with acting_as("backoffice"):
        rule = StageRule.objects.get(happened="sold")
    assert (rule.pipeline_id, rule.stage_id, rule.status, rule.suggested) == ("p1", "s2", "won", False)


def test_a_suggested_rule_becomes_a_person_s(operator: Client, left: Left) -> None:
    form = operator.get(url("stagerule_change", left.rule.pk)).content.decode()
    assert '<option value="p1/s1" selected>' in form
    operator.post(url("stagerule_change", left.rule.pk), RULE | {"happened": "proposal_sent", "stage": "p2/s3", "status": "open"})
    with acting_as("backoffice"):
        rule = StageRule.objects.get(pk=left.rule.pk)
    assert (rule.stage_id, rule.suggested) == ("s3", False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stage": "p9/s9"}, "Select a valid choice"),
        ({"happened": "proposal_sent"}, "There is a rule for this"),
        ({"lost_reason_id": "r1"}, "Only a card that stands as lost"),
        ({"after_days": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(operator: Client, left: Left, change: dict[str, str], said: str) -> None:
    answer = operator.post(url("stagerule_add"), RULE | change)
    assert answer.status_code == 200 and said in answer.content.decode()
    with acting_as("backoffice"):
        assert StageRule.objects.count() == 1


def test_a_rule_that_points_nowhere_is_marked(operator: Client, left: Left) -> None:
    with acting_as("backoffice"):
        StageRule.objects.filter(pk=left.rule.pk).update(stage_id="s99")
    assert "has no such stage" in operator.get(url("stagerule_changelist")).content.decode()
    assert "1 stage rule points" in operator.get(url("account_change", "loc1")).content.decode()


def test_strangers_make_no_rules(stranger: Client, left: Left) -> None:
    assert stranger.post(url("stagerule_add"), RULE).status_code == 403


def test_no_button_works_without_the_form_s_token(operator: Client, left: Left, queued: Queued) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = operator.cookies
    assert browser.post(url("syncrun_push_now")).status_code == 403
    assert queued() == []
