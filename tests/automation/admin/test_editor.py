"""The editor: the engine's own reader judges what it posts, a save is a version, and what matches now is counted."""

import html
import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connections, transaction
from django.test import Client

from automation.admin import editor, matches
from automation.workflows.models import Version, Workflow
from config.isolation.manifest import OWNER_ALIAS
from tests.automation.admin.conftest import READY, Company, save, text_of, url

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_a_save_makes_a_version_and_leaves_the_old_one(operator: Client, company: Company) -> None:
    answer = save(operator, company.workflow, company.content(title="Ours", priority=70))
    assert answer.status_code == 302 and company.versions() == [1, 2]
    old, new = Version.objects.order_by("number")
    assert (old.content, new.content["priority"], new.made_by) == (READY, 70, "olga")
    assert company.workflow.title == "Ours" and company.workflow.enabled
    assert LogEntry.objects.get().change_message == "Made version 2"


def test_the_same_once_more_is_no_version(operator: Client, company: Company) -> None:
    save(operator, company.workflow, company.content())
    assert company.versions() == [1] and not LogEntry.objects.exists()


def test_a_new_workflow_is_off(operator: Client, company: Company) -> None:
    save(operator, None, company.content(name="ours"))
    made = Workflow.objects.get(name="ours")
    assert (made.enabled, made.versions.count()) == (False, 1)


def test_looking_at_the_form_changes_nothing(operator: Client, company: Company) -> None:
    text_of(operator, url(Workflow, "add"))
    page = text_of(operator, url(Workflow, "edit", company.workflow.pk))
    assert '"estimate.subtotal"' in page and "within the last days" in page
    assert company.versions() == [1] and Workflow.objects.count() == 1


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in READY.items() if key != name}


WRONG: list[tuple[Any, str]] = [
    ("{", "It cannot be read as JSON"),
    ("[" * 100_000, "It cannot be read as JSON"),
    ("[" * 500 + "]" * 500, "nested too deep"),
    (json.dumps({**READY, "title": "\ud800"}), "only half of one"),
    ("[]", "definition: write an object"),
    (_without("steps"), "steps: write a list of steps"),
    ({**READY, "trigger": {"event": "estimate.eaten"}}, "trigger.event"),
    ({**READY, "steps": [{"do": "wait", "for": "9999d"}]}, "steps[1].for"),
    ({**READY, "entry": {"all": [{"field": "estimate.nothing", "op": "is", "value": 1}]}}, "entry.all[0]: there is no field"),
    ({**READY, "name": "other"}, "name: it stays unsold-estimate"),
    ({**READY, "priority": "high"}, "priority: write a whole number"),
    ({**READY, "title": "x\0"}, "title: write a text"),
]


@pytest.mark.parametrize(("content", "said"), WRONG)
def test_what_is_wrong_is_said_and_not_stored(operator: Client, company: Company, content: Any, said: str) -> None:
    page = html.unescape(save(operator, company.workflow, content).content.decode())
    assert said in page and "Nothing was saved." in page
    assert company.versions() == [1] and company.workflow.title == READY["title"] and not LogEntry.objects.exists()


def test_what_was_wrong_stands_in_the_form_again(operator: Client, company: Company) -> None:
    answer = save(operator, company.workflow, company.content(priority=700, title="</script><b>Mine"))
    page = answer.content.decode()
    assert '"priority": 700' in html.unescape(page) and "<b>Mine" not in page
    given = json.loads(page.partition('<script id="wf-given" type="application/json">')[2].partition("</script>")[0])
    assert given["error"] == {"place": "priority", "said": "Write a whole number from 0 to 100."}


def test_a_new_one_does_not_take_anothers_name(operator: Client, company: Company) -> None:
    page = save(operator, None, company.content(title="Mine")).content.decode()
    assert "there is a workflow unsold-estimate already" in page and company.versions() == [1]


def test_the_second_of_two_who_save_is_told(operator: Client, company: Company) -> None:
    save(operator, company.workflow, company.content(priority=60))
    page = save(operator, company.workflow, company.content(priority=70), base=1).content.decode()
    assert "olga saved version 2 meanwhile" in page and company.versions() == [1, 2]


def test_who_may_only_look_writes_nothing(viewer: Client, stranger: Client, company: Company) -> None:
    for client in (viewer, stranger):
        assert save(client, company.workflow, company.content(priority=60)).status_code == 403
        assert save(client, None, company.content(name="mine")).status_code == 403
        assert client.get(url(Workflow, "add")).status_code == 403
    assert company.versions() == [1] and Workflow.objects.count() == 1


def test_a_post_without_a_token_writes_nothing(boss: Client, company: Company) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = boss.cookies
    assert save(strict, company.workflow, company.content(priority=60)).status_code == 403
    assert strict.post(url(Workflow, "matches"), {}).status_code == 403
    assert company.versions() == [1]


def test_what_is_too_long_is_not_read(operator: Client, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editor, "LONGEST", 100)
    assert b"longer than 100 characters" in save(operator, company.workflow, company.content()).content


# What matches now


def ask(client: Client, condition: Any, event: str = "estimate.created") -> Any:
    text = condition if isinstance(condition, str) else json.dumps(condition)
    answer = client.post(url(Workflow, "matches"), {"event": event, "condition": text})
    assert answer.status_code == 200
    return answer.json()


AT_LEAST_800 = {"all": [{"field": "estimate.subtotal", "op": "at least", "value": 800}]}


def test_what_matches_now_is_counted_and_shown(operator: Client, company: Company) -> None:
    found = ask(operator, AT_LEAST_800)
    assert (found["count"], found["entity"]) == ("3", "estimate")
    assert found["words"] == "Estimate subtotal is at least 800"
    assert [row["name"] for row in found["rows"]] == ["estimate 106", "estimate 105", "estimate 104"]
    assert found["headers"] == ["estimate subtotal"] and found["rows"][0]["values"] == ["1200"]


def test_the_count_ends(operator: Client, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matches, "COUNTED", 2)
    assert ask(operator, AT_LEAST_800)["count"] == "2+"


def test_who_may_not_see_the_mirror_sees_the_count_alone(viewer: Client, company: Company) -> None:
    found = ask(viewer, AT_LEAST_800)
    assert (found["count"], found["rows"]) == ("3", [])


@pytest.mark.parametrize(
    ("condition", "event", "said"),
    [
        ({"all": [{"field": "estimate.subtotal", "op": "at least", "value": "much"}]}, "estimate.created", "is no number"),
        ({"all": [{"field": "invoice.total", "op": "at least", "value": 1}]}, "estimate.created", "there is no field"),
        ("{", "estimate.created", "Choose an event first"),
        ({"all": [{"field": "estimate.status", "op": "is", "value": "\ud800"}]}, "estimate.created", "Choose an event first"),
        ("[" * 50_000, "estimate.created", "Choose an event first"),
        ({"all": []}, "estimate.eaten", "Choose an event first"),
    ],
)
def test_a_condition_that_cannot_be_is_explained(
    operator: Client, company: Company, condition: Any, event: str, said: str
) -> None:
    assert said in ask(operator, condition, event)["error"]


def test_a_count_that_takes_too_long_is_given_up(operator: Client, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matches, "PATIENCE_MS", 100)
    with transaction.atomic(using=OWNER_ALIAS), connections[OWNER_ALIAS].cursor() as cursor:
        cursor.execute("LOCK TABLE servicetitan.st_estimates IN ACCESS EXCLUSIVE MODE")
        assert "takes too long" in ask(operator, AT_LEAST_800)["error"]
    assert ask(operator, AT_LEAST_800)["count"] == "3"


def test_counting_is_for_whoever_may_see_workflows(stranger: Client, operator: Client, company: Company) -> None:
    assert stranger.post(url(Workflow, "matches"), {}).status_code == 403
    assert operator.get(url(Workflow, "matches")).status_code == 403
