"""Templates are stored whole or not at all, and a change makes a version. The ready-made ones, and the command for all this."""

import json
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from automation.messaging.models import Template, TemplateVersion
from automation.messaging.wording import templates
from automation.messaging.wording.facts import sample
from automation.messaging.wording.names import names_of
from automation.messaging.wording.rendering import Missing, written
from automation.messaging.wording.templates import BadTemplate, Draft
from automation.workflows import stored
from automation.workflows.definitions import read
from tests.automation.messaging.conftest import NOON, unit
from tests.mirror import customer, estimate, load

__all__ = ["unit"]

READY = {draft.name: draft for draft in templates.ready()}
NOTE = Draft("note", "A note", "sms", "service", "estimate", "", "Hi {{ customer.name }}")


@pytest.fixture
def office(unit: None, company: Settings) -> None:
    pass


database = pytest.mark.django_db(transaction=True, databases="__all__")


@database
def test_a_change_makes_a_version_and_the_same_again_makes_none(office: None) -> None:
    first = templates.store(NOTE, "ann", NOON)
    assert (first.number, first.made_by, first.made_at, first.template.name) == (1, "ann", NOON, "note")
    assert templates.store(replace(NOTE, title="Other"), "bob", NOON).pk == first.pk
    assert Template.objects.get().title == "Other" and TemplateVersion.objects.count() == 1
    second = templates.store(replace(NOTE, body="Hello"), "bob", NOON)
    found = templates.current("note")
    assert found == second and found is not None and (found.number, found.body, found.made_by) == (2, "Hello", "bob")
    assert templates.store(NOTE, "ann", NOON).number == 3, "back to what it was is a change, too"
    assert TemplateVersion.objects.get(number=1).body == NOTE.body
    assert templates.current("nope") is None


@database
def test_what_is_refused_changes_nothing(office: None) -> None:
    templates.store(NOTE, "ann", NOON)
    before = list(Template.objects.values()), list(TemplateVersion.objects.values())
    bad: tuple[dict[str, Any], ...] = (
        {"body": "{{ nope }}"}, {"kind": "email", "subject": "Hi"}, {"entity": "customer"}, {"title": "x\0"},
    )  # fmt: skip
    for more in bad:
        with pytest.raises(BadTemplate):
            templates.store(replace(NOTE, **{"title": "New", "purpose": "marketing", **more}), "bob", NOON)
    assert (list(Template.objects.values()), list(TemplateVersion.objects.values())) == before
    with pytest.raises(BadTemplate):
        templates.store(replace(NOTE, name="other", body="{{ nope }}"), "bob", NOON)
    assert Template.objects.count() == 1


@database
def test_ready_ones_are_brought_in_once_and_stay_peoples_own(office: None) -> None:
    templates.store(replace(READY["welcome"], body="Ours"), "ann", NOON)
    made = templates.bring_in_ready("bob", NOON)
    assert {version.template.name for version in made} == set(READY) - {"welcome"}
    ours = templates.current("welcome")
    assert ours is not None and ours.body == "Ours"
    assert templates.bring_in_ready("bob", NOON) == []
    assert [version.template.name for version in templates.newest()] == sorted(READY)


# The ready-made ones


def sends() -> list[tuple[str, str, str]]:
    """(template, kind, entity) of every step of the ready-made workflows."""
    definitions = [read(content) for content in stored.ready()]
    return [(op.template, op.word, one.entity) for one in definitions for op in one.program if op.kind == "send"]


def test_every_ready_workflow_has_its_templates_and_every_template_its_workflow() -> None:
    assert len(sends()) >= len(READY) and {name for name, _, _ in sends()} == set(READY)
    for name, kind, entity in sends():
        assert (READY[name].kind, READY[name].entity) == (kind, entity), name


@pytest.mark.parametrize("draft", READY.values(), ids=READY)
def test_a_ready_one_is_sound_short_and_says_who_writes(company: Settings, draft: Draft) -> None:
    templates.check(draft)
    text = written(draft.kind, draft.purpose, draft.subject, draft.body, sample(draft.entity))
    assert draft.title and text.segments == (1 if draft.kind == "sms" else None)
    assert draft.kind == "staff" or "Desert Air" in text.body
    why = (templates.READY / f"{draft.name}.liquid").read_text().partition("\n\n")[0].splitlines()[-1]
    assert why.startswith("# ") and (draft.kind == "staff" or why.lower().startswith(f"# {draft.purpose}: "))


@pytest.mark.parametrize("draft", READY.values(), ids=READY)
def test_a_ready_one_greets_whoever_has_no_first_name(company: Settings, draft: Draft) -> None:
    """What people often leave empty does not hold a message back, and leaves no hole in it."""
    optional = {"customer.first_name", "company.booking_link", "estimate.name", "estimate.summary", "job.summary"}
    facts = {
        about: {name: value for name, value in part.items() if f"{about}.{name}" not in optional}
        for about, part in sample(draft.entity).items()
    }
    text = written(draft.kind, draft.purpose, draft.subject, draft.body, facts)
    for hole in (" ,", " .", " :", "  ", "Hi ,", "Hi,", "()"):
        assert hole not in text.subject + text.body
    assert text.body[0].isupper() or text.body[0] == "$"


@pytest.mark.parametrize("draft", READY.values(), ids=READY)
def test_a_ready_one_without_what_it_is_about_is_not_sent(company: Settings, draft: Draft) -> None:
    facts = {about: part if about == "company" else {} for about, part in sample(draft.entity).items()}
    named = {name for name in names_of(draft.entity) if name in draft.subject + draft.body}
    needs = {name for name in named if not name.startswith("company.")} - {"customer.first_name", "estimate.name"}
    if needs:
        with pytest.raises(Missing, match="This record has no "):
            written(draft.kind, draft.purpose, draft.subject, draft.body, facts)
    else:
        assert written(draft.kind, draft.purpose, draft.subject, draft.body, facts).body


# The command


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("messaging", "templates", *arguments, stdout=out)
    return out.getvalue()


@database
def test_the_command_brings_in_and_lists(office: None) -> None:
    assert "There is no template. Bring in" in told("--list") and json.loads(told("--list", "--json")) == []
    assert "brought in: welcome" in told("--ready") and told("--ready").strip() == "They are all there."
    assert json.loads(told("--ready", "--json")) == {"brought_in": []}
    line = next(line for line in told("--list").splitlines() if line.startswith("win-back-2 "))
    assert line.split()[1:6] == ["sms", "marketing", "customer", "version", "1"] and line.endswith("1 part (GSM-7), 0.0083")
    rows = {row["name"]: row for row in json.loads(told("--list", "--json"))}
    assert set(rows) == set(READY) and rows["welcome"]["segments"] is None and rows["win-back-2"]["segments"] == 1


@database
def test_the_command_lists_what_would_not_be_sent(office: None, company: Settings) -> None:
    templates.store(READY["welcome"], "ann", NOON)
    company.HUB_COMPANY_ADDRESS = ""
    assert "would not be sent: HUB_COMPANY_ADDRESS is not set" in told("--list")


@database
def test_the_command_previews_with_a_record_or_with_examples(office: None) -> None:
    templates.store(replace(NOTE, body="Hi {{ customer.first_name }}: {{ estimate.total }}, 72°"), "ann", NOON)
    load("customers", customer(1, "Lee, Bob"), customer(2, "Acme LLC"))
    load("estimates", estimate(3, 1), estimate(4, 2))
    assert told("--preview", "note") == "Hi Ann: $9,104.50, 72°\n\n1 part (UCS-2, because of °), 0.0083\n"
    assert told("--preview", "note", "--entity-id", "3").startswith("Hi Bob: $1,080.50, 72°\n")
    assert json.loads(told("--preview", "note", "--entity-id", "3", "--json")) == {
        "name": "note", "version": 1, "entity": "estimate", "entity_id": 3, "subject": "", "body": "Hi Bob: $1,080.50, 72°",
        "segments": 1, "encoding": "UCS-2", "cost": "0.0083",
    }  # fmt: skip
    for arguments, said in (
        (("note", "--entity-id", "4"), "It would not be sent: This record has no customer.first_name."),
        (("note", "--entity-id", "5"), "There is no estimate 5 in the mirror"),
        (("nope",), "There is no template nope."),
    ):
        with pytest.raises(CommandError, match=said):
            told("--preview", *arguments)


@database
def test_the_command_shows_the_subject_of_an_email(office: None) -> None:
    templates.store(READY["welcome"], "ann", NOON)
    assert told("--preview", "welcome").startswith("Subject: Welcome to Desert Air\n\nHi Ann,\n")


@pytest.mark.parametrize("arguments", [(), ("--list", "--ready"), ("--list", "--entity-id", "3")])
def test_the_command_does_one_thing(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        told(*arguments)
