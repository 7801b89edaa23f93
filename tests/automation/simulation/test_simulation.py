"""A simulation says what the engine would have done, and changes nothing."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from automation.messaging.models import Message
from automation.messaging.simulating import BadSpan, simulate
from automation.workflows.conditions import holds_for, matching
from automation.workflows.models import Effect, Event, Run, Trace, Workflow
from automation.workflows.simulation.past import Past
from automation.workflows.simulation.report import Simulated
from tests.automation.messaging.delivery.conftest import Office, number, office
from tests.mirror import customer, estimate, load

__all__ = ["office"]

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

OPEN = {"all": [{"field": "estimate.status", "op": "is", "value": "Open"}]}
SOLD = {"all": [{"field": "estimate.status", "op": "is", "value": "Sold"}]}


def definition(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    usual = {"name": "trial", "title": "Trial", "trigger": {"event": "estimate.created"}, "newest_hours": 8760}
    return {**usual, **more, "steps": list(steps)}


def age(moment: datetime, entity: str, id: int, *, newest: bool = False) -> None:
    """The newest change of a record happened then; with `newest` false, all of them."""
    which = "AND id = (SELECT max(id) FROM servicetitan.st_changes WHERE entity = %(e)s AND record_id = %(i)s)" if newest else ""
    values: dict[str, Any] = {"at": moment, "e": entity, "i": id}
    about = "entity = %(e)s AND record_id = %(i)s"
    with connections["servicetitan"].cursor() as cursor:
        cursor.execute(f"UPDATE servicetitan.st_changes SET changed_at = %(at)s WHERE {about} {which}", values)
        table = {"estimates": "st_estimates", "customers": "st_customers"}[entity]
        if not newest:
            cursor.execute(f"UPDATE servicetitan.{table} SET first_seen_at = %(at)s WHERE id = %(i)s", values)


@pytest.fixture
def months_before(transactional_db: None) -> Iterator[None]:
    """The event log has no room for a past in which there was no hub."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE servicetitan.st_changes_before PARTITION OF servicetitan.st_changes DEFAULT")
        yield
        cursor.execute("DROP TABLE servicetitan.st_changes_before")


@pytest.fixture
def month(months_before: None, office: Office) -> Office:
    """Today 30 days of history: estimate 1 was sold on the fifth day, 2 is open, 3 came on the tenth day and is small."""
    office.now = timezone.now()
    begin = office.now - timedelta(days=30)
    for id in (1, 2, 3):
        office.customer(id, address={"street": "1 Road", "city": "Mesa", "state": "AZ", "zip": "85201", "country": "USA"})
        load("estimates", estimate(id, id, subtotal=100 if id == 3 else 1000, createdOn=begin.isoformat()))
        age(begin + timedelta(days=10 if id == 3 else 0, hours=1), "estimates", id)
        age(begin - timedelta(days=1), "customers", id)
    load("estimates", estimate(1, 1, "Sold", createdOn=begin.isoformat()))
    age(begin + timedelta(days=5), "estimates", 1, newest=True)
    office.template()
    office.decide()
    return office


def run(month: Office, content: Any, days: float = 30) -> Simulated:
    return simulate(content, month.now - timedelta(days=days), month.now, month.now)


def test_the_past_is_what_it_was(month: Office) -> None:
    begin = month.now - timedelta(days=30)
    past = Past(begin, month.now)
    with past.at(begin + timedelta(days=2)):
        assert holds_for("estimate", OPEN, [1, 2, 3], month.now) == {1, 2}, "3 was not there yet"
        names = matching("estimate", {"all": []}, month.now).values_list("customer__name", flat=True)
        assert set(names) == {"Ann Lee B", "Ann Lee C"}
    with past.at(begin + timedelta(days=20), {"estimate": [1, 3]}):
        assert holds_for("estimate", SOLD, [1, 3], month.now) == {1}
    assert holds_for("estimate", OPEN, [1, 2, 3], month.now) == {2, 3}


def test_who_would_get_what_and_when(month: Office) -> None:
    steps = [{"do": "wait", "for": "2d"}, {"do": "send sms", "template": "note"}, {"do": "wait", "for": "7d"},
             {"do": "send sms", "template": "note"}]  # fmt: skip
    entry = {"all": [*OPEN["all"], {"field": "estimate.subtotal", "op": "at least", "value": 500}]}
    report = run(month, definition(*steps, entry=entry, goal=SOLD))
    assert (report.events, report.entered, dict(report.kept_out)) == (
        3, 2, {"The entry condition does not hold, or the record is gone.": 1},
    )  # fmt: skip
    got = [(one.customer_id, (one.at - month.now + timedelta(days=30)).days) for one in report.messages]
    assert [customer for customer, _ in got] == [1, 2, 2] and got[0][1] in (2, 3) and got[2][1] in (9, 10, 11)
    assert report.ended == {"The goal is reached.": 1, "It is through.": 1} and report.inside == 0
    assert report.people == {1, 2} and report.segments == 3
    nothing_was_written()


def nothing_was_written() -> None:
    for model in (Workflow, Run, Trace, Effect, Message):
        assert not model._default_manager.exists(), model
    assert not Event.objects.filter(handled_at__isnull=False).exclude(kind="").filter(runs__isnull=False).exists()


def test_what_would_be_held_and_by_which_rule(month: Office) -> None:
    """Everything is wanted in the middle of the night, and nothing is sent before eight."""
    steps = [{"do": "wait until", "clock": "02:00"}, {"do": "send sms", "template": "note"}]
    report = run(month, definition(*steps))
    assert report.held == {"The federal rule lets them be sent from 08:00 to 21:00 (America/Phoenix).": 3}
    assert {timezone.localtime(one.at).hour for one in report.messages} == {8} and sum(report.sent.values()) == 3


def test_collisions_with_what_really_left(month: Office) -> None:
    month.workflow({"do": "send sms", "template": "note"}, name="real", trigger={"event": "customer.created"})
    then = month.now - timedelta(days=30) + timedelta(hours=20)
    month.decide()
    Message.objects.create(
        key="x", kind="email", template="n", customer_id=2, entity="customer", entity_id=2, wanted_at=then, state="waiting",
        claimed_at=then,
    )  # fmt: skip
    report = run(month, definition({"do": "wait", "for": "1d"}, {"do": "send sms", "template": "note"}))
    assert sum(report.collisions.values()) == 1


def test_the_command(month: Office, tmp_path: Any) -> None:
    file = tmp_path / "trial.json"
    file.write_text(json.dumps(definition({"do": "send sms", "template": "note"})))
    day = timezone.localdate() - timedelta(days=31)
    out = StringIO()
    call_command("run_workflows", "--simulate", str(file), "--from", day.isoformat(), "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert found["entered"] == 3 and found["sent"] == {"sms note": 3} and len(found["messages"]) == 3
    assert {one["body"][:7] for one in found["messages"]} == {"Hi Ann "}
    out = StringIO()
    call_command("run_workflows", "--simulate", str(file), "--from", day.isoformat(), stdout=out)
    assert "3 would have entered" in out.getvalue() and "3 messages to 3 people" in out.getvalue()
    assert number(1) not in out.getvalue()


def test_bad_input_is_told(office: Office) -> None:
    with pytest.raises(BadSpan, match="ahead of now"):
        simulate(definition({"do": "send sms", "template": "x"}), office.now, office.now + timedelta(days=2), office.now)
    with pytest.raises(CommandError, match="There is no workflow 'nix'"):
        call_command("run_workflows", "--simulate", "nix")
    office.workflow({"do": "send sms", "template": "x"}, name="there")
    with pytest.raises(CommandError, match="is no day"):
        call_command("run_workflows", "--simulate", "there", "--from", "soon")


def test_what_was_loaded_has_no_beginning(office: Office) -> None:
    office.now = timezone.now()
    load("customers", customer(1))
    load("estimates", estimate(1, 1, createdOn=(office.now - timedelta(days=400)).isoformat()))
    office.template()
    now = timezone.now()
    content = definition({"do": "send sms", "template": "note"}, newest_hours=48)
    report = simulate(content, office.now - timedelta(days=2), now, now)
    assert (report.loaded, report.entered) == (1, 0)
