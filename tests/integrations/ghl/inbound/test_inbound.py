"""Events become what GoHighLevel has, whatever they say and in whatever order they come."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation.egress.retries import Stats
from config.sandbox.http import SURROGATE
from integrations.ghl import connect, inbound
from integrations.ghl.errors import NotAuthorized, Unreachable
from integrations.ghl.http import Transport
from integrations.ghl.inbound import Counts
from integrations.ghl.models import Contact, Opportunity, Pushed, WebhookEvent
from integrations.ghl.noting import MOVED
from tests.integrations.ghl.pushed import Hub, long_ago
from tests.mirror import customer, load, people

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
State = Pushed.State


def values(row: Contact | Opportunity) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name not in ("_state", "seen_at")}


def test_what_people_change_is_in_the_mirror(hub: Hub) -> None:
    row = hub.contact(1)
    hub.vendor.human("edit_contact", id=row.ghl_id, city="Troy")
    hub.hear("ContactUpdate", row.ghl_id)
    assert hub.process() == Counts(events=1, read=1, changed=1)
    after = hub.contact(1)
    assert after.remote is not None and after.remote["city"] == "Troy"
    assert after.seen_at is not None and after.seen_at > timezone.now() - timedelta(minutes=1)
    assert values(after) | {"remote": None} == values(row) | {"remote": None}, "and nothing is sent for it"
    assert hub.open_events() == 0


def test_what_equals_the_mirror_changes_nothing(hub: Hub) -> None:
    contact, card = hub.contact(1), hub.card(77)
    hub.hear("ContactUpdate", contact.ghl_id)
    hub.hear("OpportunityUpdate", card.ghl_id)
    assert hub.process() == Counts(events=2, read=2, unchanged=2)
    assert values(hub.contact(1)) == values(contact)
    assert values(hub.card(77)) == values(card)
    assert hub.push().state == "idle"


def test_many_events_about_one_record_are_one_read(hub: Hub) -> None:
    row = hub.contact(1)
    for type in ("ContactTagUpdate", "ContactCreate", "ContactUpdate", "ContactDndUpdate", "ContactUpdate"):
        hub.hear(type, row.ghl_id)
    calls = hub.vendor.calls("/contacts/")
    assert hub.process().events == 5
    assert hub.vendor.calls("/contacts/") == calls + 1


EVERY = ("call", "email", "sms", "whatsapp", "gmb", "fb")
OPT_OUTS: dict[str, tuple[dict[str, str], bool, dict[str, str]]] = {
    "texts STOP": ({"act": "stop"}, False, {"sms": "permanent"}),
    "by e-mail": ({"act": "set_dnd", "channel": "email"}, False, {"email": "active"}),
    "at all": ({"act": "set_dnd"}, True, dict.fromkeys(EVERY, "active")),
}


@pytest.mark.parametrize("how", OPT_OUTS)
@pytest.mark.parametrize("version", ["2021-07-28", "v3"])
def test_who_must_not_be_contacted_is_known(hub: Hub, settings: Settings, how: str, version: str) -> None:
    settings.GHL_API_VERSION = version
    act, dnd, channels = OPT_OUTS[how]
    row = hub.contact(1)
    hub.vendor.human(**act, id=row.ghl_id)
    hub.hear("ContactDndUpdate", row.ghl_id)
    assert hub.process().changed == 1
    after = hub.contact(1)
    assert (after.dnd, after.dnd_settings) == (dnd, channels)
    hub.vendor.human("set_dnd", id=row.ghl_id, status="inactive")
    hub.hear("ContactDndUpdate", row.ghl_id)
    hub.process()
    again = hub.contact(1)
    assert (again.dnd, again.dnd_settings) == (False, dict.fromkeys(EVERY, "inactive"))


def test_a_card_that_people_move_is_theirs_until_it_is_back(hub: Hub) -> None:
    row = hub.card(77)
    hub.vendor.human("move_opportunity", id=row.ghl_id, stage="Sold")
    hub.hear("OpportunityStageUpdate", row.ghl_id)
    hub.hear("OpportunityUpdate", row.ghl_id)
    assert hub.process() == Counts(events=2, read=1, changed=1, moved=1)
    after = hub.card(77)
    assert (after.moved_by_human, after.state, after.reason) == (True, State.SENT, MOVED)
    assert (after.pipeline_id, after.stage_id, after.status) == (row.pipeline_id, row.stage_id, row.status), "where we put it"
    hub.vendor.human("move_opportunity", id=row.ghl_id, stage=row.stage_id)
    hub.hear("OpportunityStageUpdate", row.ghl_id)
    assert hub.process() == Counts(events=1, read=1, changed=1)
    back = hub.card(77)
    assert (back.moved_by_human, back.reason) == (False, "")


def test_a_card_that_people_win_is_moved_as_well(hub: Hub) -> None:
    hub.vendor.human("edit_opportunity", id=hub.card(77).ghl_id, status="won")
    hub.hear("OpportunityStatusUpdate", hub.card(77).ghl_id)
    assert hub.process().moved == 1
    assert hub.card(77).moved_by_human


def test_what_we_do_not_stand_for_is_left_alone(hub: Hub) -> None:
    stranger = hub.vendor.human("create_contact", email="lead@example.com")
    pipeline = hub.card(77).pipeline_id
    theirs = hub.vendor.human("create_opportunity", contactId=stranger["id"], pipelineId=pipeline)
    hub.hear("ContactCreate", str(stranger["id"]))
    hub.hear("OpportunityCreate", str(theirs["id"]))
    hub.hear("ContactUpdate", "nobodyKnowsThisOne00")
    assert hub.process() == Counts(events=3, read=2, ignored=3)
    assert Contact.objects.count() == 3 and Opportunity.objects.count() == 1


def test_what_people_delete_waits_for_a_person(hub: Hub) -> None:
    contact, card = hub.contact(2), hub.card(77)
    hub.vendor.human("delete_contact", id=contact.ghl_id)
    for row, type in ((contact, "ContactDelete"), (card, "OpportunityDelete"), (card, "OpportunityUpdate")):
        hub.hear(type, row.ghl_id)
    assert hub.process() == Counts(events=3, read=2, gone=2)
    for after in (hub.contact(2), hub.card(77)):
        assert (after.state, after.due_at, after.remote) == (State.CONFLICT, None, None)
        assert "was deleted at GoHighLevel" in after.reason and after.gone_at is not None
        assert after.ghl_id, "what it was"
    assert len(hub.log(state=State.CONFLICT)) == 2
    hub.hear("ContactDelete", contact.ghl_id)
    assert hub.process() == Counts(events=1, read=1, unchanged=1)
    load("customers", customer(2, city="Elsewhere"))
    hub.push()
    assert hub.vendor.calls("/contacts/upsert") == 3, "it is not made again by itself"


@pytest.mark.parametrize("status", [400, 404, 422])
def test_however_the_vendor_says_that_there_is_none(hub: Hub, status: int) -> None:
    hub.vendor.human("delete_contact", id=hub.contact(1).ghl_id)
    hub.vendor.switch(missing_status=status)
    hub.hear("ContactDelete", hub.contact(1).ghl_id)
    assert hub.process().gone == 1


def test_what_comes_back_is_looked_at_by_the_push(hub: Hub) -> None:
    row = hub.contact(1)
    Contact.objects.filter(pk=1).update(gone_at=timezone.now(), state=State.CONFLICT, reason="deleted", remote=None)
    hub.hear("ContactCreate", row.ghl_id)
    assert hub.process().changed == 1
    after = hub.contact(1)
    assert (after.gone_at, after.state, after.reason) == (None, State.PENDING, "") and after.remote
    hub.push()
    assert hub.contact(1).state == State.SENT


# --- contacts that carry our number ---


def carrying(hub: Hub, customer_id: int, **values: Any) -> str:
    fields = {hub.our_field("contact.st_customer_id"): str(customer_id)}
    return str(hub.vendor.human("create_contact", customFields=fields, **values)["id"])


def without_contact(customer_id: int, **values: Any) -> None:
    Contact.objects.create(st_customer_id=customer_id, state=State.SKIPPED, reason="No phone number.", **values)


def test_a_contact_that_carries_a_customer_s_number_is_theirs(hub: Hub) -> None:
    people(1, first=9)
    without_contact(9)
    Opportunity.objects.create(st_customer_id=9, slot=90, state=State.SKIPPED)
    id = carrying(hub, 9, email="nine@example.com")
    hub.hear("ContactCreate", id)
    assert hub.process() == Counts(events=1, read=1, adopted=1)
    row = hub.contact(9)
    assert (row.ghl_id, row.adopted, row.state) == (id, True, State.PENDING)
    assert row.remote is not None and row.remote["email"] == "nine@example.com"
    assert hub.card(90).due_at is not None, "its cards waited for that"
    hub.push()
    assert hub.contact(9).state == State.SENT
    assert hub.at_ghl(hub.contact(9))["email"] == "c9@example.com"
    assert hub.log(act="adopt", record_id=9)


def test_not_while_the_push_is_about_to_make_one(hub: Hub) -> None:
    without_contact(9, intent_at=timezone.now())
    id = carrying(hub, 9, email="nine@example.com")
    hub.hear("ContactCreate", id)
    assert hub.process().ignored == 1
    Contact.objects.filter(pk=9).update(intent_at=timezone.now() - timedelta(hours=1))
    hub.hear("ContactUpdate", id)
    assert hub.process().adopted == 1
    assert hub.contact(9).intent_at is None


@pytest.mark.parametrize("number", ["", "nine", "999", "-9", "9" * 30, "²"])
def test_a_number_that_is_nobody_s_adopts_nobody(hub: Hub, number: str) -> None:
    without_contact(9)
    fields = {hub.our_field("contact.st_customer_id"): number}
    id = str(hub.vendor.human("create_contact", customFields=fields, email="x@example.com")["id"])
    hub.hear("ContactCreate", id)
    assert hub.process() == Counts(events=1, read=1, ignored=1)


def test_two_contacts_of_one_customer_are_a_conflict(hub: Hub) -> None:
    own = hub.contact(1).ghl_id
    other = carrying(hub, 1, email="copy@example.com")
    hub.hear("ContactCreate", other)
    assert hub.process().conflicts == 1
    row = hub.contact(1)
    assert (row.ghl_id, row.state) == (own, State.CONFLICT)
    assert own and own in row.reason and other in row.reason
    hub.hear("ContactUpdate", other)
    hub.process()
    assert len(hub.log(record_id=1, state=State.CONFLICT)) == 1, "told once"


@pytest.mark.parametrize("first", ["kept", "lost"])
def test_merged_by_people_the_one_that_is_left_is_the_customer_s(hub: Hub, first: str) -> None:
    """Somebody's own contact swallows ours, with our number. The events come in any order."""
    lost = hub.contact(1).ghl_id
    kept = str(hub.vendor.human("create_contact", email="kept@example.com")["id"])
    hub.vendor.human("merge_contacts", source=lost, target=kept)
    events = [("ContactUpdate", kept), ("ContactDelete", lost)]
    for type, id in events if first == "kept" else reversed(events):
        hub.hear(type, id)
        hub.process()
    row = hub.contact(1)
    assert (row.ghl_id, row.adopted, row.gone_at, row.state) == (kept, True, None, State.PENDING)
    hub.push()
    assert hub.contact(1).state == State.SENT
    assert hub.at_ghl(hub.contact(1))["id"] == kept


# --- others at the same time ---


class Meanwhile:
    """Something that happens while a record is being read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
        real, pending = Transport.call, [act]

        def call(transport: Transport, *arguments: Any, **options: Any) -> Any:
            answer = real(transport, *arguments, **options)
            while pending:
                pending.pop()()
            return answer

        monkeypatch.setattr(Transport, "call", call)


def test_what_somebody_saw_later_is_not_put_back(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    row = hub.contact(1)
    newer = {"city": "Newer"}
    Meanwhile(monkeypatch, lambda: Contact.objects.filter(pk=1).update(remote=newer, seen_at=timezone.now()))
    hub.hear("ContactUpdate", row.ghl_id)
    assert hub.process() == Counts(read=1, waiting=1)
    assert hub.contact(1).remote == newer
    assert hub.process().changed == 1, "and is read again"


def test_a_card_that_the_push_moves_meanwhile_is_nobody_s_move(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read before the push moved it, judged after the push stored where."""
    row = hub.card(77)
    elsewhere = "00000000-0000-0000-0000-000000000000"
    Meanwhile(monkeypatch, lambda: Opportunity.objects.filter(pk=row.pk).update(stage_id=elsewhere))
    hub.vendor.human("move_opportunity", id=row.ghl_id, stage="Sold")
    hub.hear("OpportunityStageUpdate", row.ghl_id)
    assert hub.process() == Counts(read=1, waiting=1)
    assert not hub.card(77).moved_by_human


def test_two_at_a_time_do_no_harm(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.vendor.human("edit_contact", id=hub.contact(1).ghl_id, city="Troy")
    for number in (1, 2, 3):
        hub.hear("ContactUpdate", hub.contact(number).ghl_id)
    others: list[Counts] = []
    Meanwhile(monkeypatch, lambda: others.append(hub.process()))
    mine = hub.process()
    assert others[0].events + mine.events == 3
    hub.process()
    assert hub.open_events() == 0
    assert (hub.contact(1).remote or {})["city"] == "Troy"


# --- much at once, and a vendor who is away ---


def test_a_call_reads_so_many_and_leaves_the_rest(hub: Hub) -> None:
    for number in (1, 2, 3):
        hub.hear("ContactUpdate", hub.contact(number).ghl_id)
    assert hub.process(most=2) == Counts(events=2, read=2, unchanged=2, waiting=1)
    assert hub.process().events == 1


def test_while_the_push_has_much_to_do_its_own_echoes_wait(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbound, "MANY_DUE", 0)
    people(1, first=50)
    Contact.objects.create(st_customer_id=50, due_at=timezone.now())
    now = timezone.now()
    Contact.objects.filter(pk__in=(1, 2)).update(sent_at=now)
    hub.hear("ContactUpdate", hub.contact(1).ghl_id)
    hub.hear("ContactUpdate", hub.contact(2).ghl_id)
    hub.hear("ContactDndUpdate", hub.contact(2).ghl_id)
    hub.hear("ContactUpdate", hub.contact(3).ghl_id)
    assert hub.process() == Counts(events=3, read=2, unchanged=2, waiting=1), "a do-not-disturb waits for nobody"
    hub.push()
    long_ago(Contact)
    assert hub.process().waiting == 0


def test_so_many_echoes_are_left_to_the_list(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbound, "MANY_OPEN", 2)
    Contact.objects.update(sent_at=timezone.now())
    for number in (1, 2, 3):
        hub.hear("ContactCreate", hub.contact(number).ghl_id)
    counts = hub.process()
    assert (counts.waiting, counts.read, counts.by_list) == (3, 0, True)


def test_a_vendor_who_is_away_leaves_events_open(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.hear("ContactUpdate", hub.contact(1).ghl_id)
    hub.hear("ContactUpdate", hub.contact(2).ghl_id)
    hub.vendor.fault({"action": "status", "status": 500, "path": f"/contacts/{hub.contact(2).ghl_id}", "times": 0})
    client = connect.client(sleep=lambda seconds: None)
    with pytest.raises(Unreachable):
        inbound.process(client, Stats())
    assert hub.open_events() == 1, "what was read is done"
    hub.vendor.fault()
    assert hub.process().events == 1


def test_a_token_that_is_refused_leaves_events_open(hub: Hub) -> None:
    hub.hear("ContactUpdate", hub.contact(1).ghl_id)
    hub.vendor.fault({"action": "unauthorized", "path": "/contacts/", "times": 0})
    with pytest.raises(NotAuthorized):
        hub.process()
    assert hub.open_events() == 1


@pytest.mark.parametrize("body", ['{"message": "no such thing as this"}', '{"contact": null}'])
def test_one_record_that_cannot_be_read_stops_no_other(hub: Hub, body: str) -> None:
    first, second = hub.contact(1).ghl_id, hub.contact(2).ghl_id
    status = 200 if "contact" in body else 422
    rule = {"action": "status", "status": status, "body": body, "content_type": "application/json"}
    hub.vendor.fault(rule | {"path": f"/contacts/{first}", "times": 0})
    hub.hear("ContactUpdate", first)
    hub.hear("ContactUpdate", second)
    counts = hub.process()
    assert (counts.failed, counts.unchanged, hub.open_events()) == (1, 1, 0)


def test_what_the_database_cannot_hold_is_left_out(hub: Hub) -> None:
    hub.vendor.human("edit_contact", id=hub.contact(1).ghl_id, city="Tr\0oy", firstName=f"Ann {SURROGATE}", lastName="\U0001f600")
    hub.hear("ContactUpdate", hub.contact(1).ghl_id)
    hub.process()
    remote = hub.contact(1).remote or {}
    assert (remote["city"], remote["firstName"], remote["lastName"]) == ("Troy", "Ann ?", "\U0001f600")


def test_old_events_are_dropped(hub: Hub) -> None:
    old, young, waiting = (hub.hear("ContactUpdate", "x") for _ in range(3))
    WebhookEvent.objects.filter(pk=old.pk).update(done_at=timezone.now() - timedelta(days=31))
    WebhookEvent.objects.filter(pk=young.pk).update(done_at=timezone.now() - timedelta(days=29))
    assert inbound.prune() == 1
    assert {event.pk for event in WebhookEvent.objects.all()} == {young.pk, waiting.pk}
