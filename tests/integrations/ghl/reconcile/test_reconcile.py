"""The comparison with everything GoHighLevel has: what is gone, moved, changed, there twice, or somebody else's."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation.egress.retries import Stats
from config.jobs.progress import Progress
from integrations.ghl import connect, noting
from integrations.ghl import reconcile as module
from integrations.ghl.errors import Unreachable
from integrations.ghl.models import Contact, Opportunity, Pushed, WebhookEvent
from integrations.ghl.push.opportunities import is_moved
from tests.integrations.ghl.pushed import Hub, long_ago
from tests.mirror import customer, estimate, load, people

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
State = Pushed.State


def test_what_is_equal_is_told_so_and_nothing_is_changed(hub: Hub) -> None:
    before = [vars(row) | {"_state": None, "seen_at": None} for row in (hub.contact(1), hub.card(77))]
    report = hub.reconcile()
    assert report.equal and report.ok
    found = report.as_dict()
    numbers = {"should": 3, "there": 3, "at_ghl": 3, "missing": 0, "not_ours": 0, "differ": 0, "changed": 0, "gone": 0}
    assert found["contacts"].items() >= (numbers | {"states": {"sent": 3}}).items()
    assert found["opportunities"].items() >= dict.fromkeys(("should", "there", "at_ghl"), 1).items()
    assert [vars(row) | {"_state": None, "seen_at": None} for row in (hub.contact(1), hub.card(77))] == before
    assert hub.push().state == "idle"


@pytest.mark.parametrize("version", ["2021-07-28", "v3"])
def test_what_people_changed_is_in_the_mirror_and_is_told(hub: Hub, settings: Settings, version: str) -> None:
    settings.GHL_API_VERSION = version
    one, two = hub.contact(1), hub.contact(2)
    hub.vendor.human("edit_contact", id=one.ghl_id, city="Troy", website="https://example.com")
    hub.vendor.human("set_dnd", id=two.ghl_id)
    hub.vendor.human("move_opportunity", id=hub.card(77).ghl_id, stage="Sold")
    report = hub.reconcile()
    assert (hub.contact(1).remote or {})["city"] == "Troy"
    assert hub.contact(2).dnd is True and (hub.contact(2).dnd_settings or {})["sms"] == "active"
    assert hub.card(77).moved_by_human
    part = report.contacts
    assert (part.changed, part.differ, dict(part.fields), part.repaired) == (2, 1, {"city": 1}, 0)
    assert part.differing == [{"id": 1, "ghl_id": one.ghl_id, "fields": ["city"]}]
    assert (report.opportunities.moved, report.opportunities.differ) == (1, 0), "a move is no difference"
    assert not report.equal and report.ok
    assert hub.push().state == "idle", "people may change what they like"
    hub.vendor.human("move_opportunity", id=hub.card(77).ghl_id, stage=hub.card(77).stage_id)
    assert hub.reconcile().opportunities.moved == 0
    assert not hub.card(77).moved_by_human


def test_what_people_changed_is_put_right_where_that_is_wanted(hub: Hub, settings: Settings) -> None:
    settings.GHL_REPAIR_DRIFT = True
    one, card = hub.contact(1), hub.card(77)
    field = hub.our_field("contact.st_customer_id")
    hub.vendor.human("edit_contact", id=one.ghl_id, city="Troy")
    hub.vendor.human("edit_contact", id=hub.contact(2).ghl_id, customFields={field: "7"})
    hub.vendor.human("edit_opportunity", id=card.ghl_id, name="Mine", monetaryValue=1)
    report = hub.reconcile()
    assert dict(report.contacts.fields) == {"city": 1, "customFields": 1}
    assert dict(report.opportunities.fields) == {"name": 1, "monetaryValue": 1}
    assert (report.contacts.repaired, report.opportunities.repaired) == (2, 1)
    assert hub.push().counts.updated == 3
    assert hub.at_ghl(one)["city"] == "Mesa"
    assert hub.at_ghl(hub.contact(2))["customFields"][field] == "2"
    assert (hub.at_ghl(card)["name"], hub.at_ghl(card)["monetaryValue"]) == ("Heat pump 77", 1080.5)
    long_ago(Contact, Opportunity)
    assert hub.reconcile().equal


def test_case_and_spaces_are_no_difference_and_tags_of_ours_are(hub: Hub) -> None:
    load("tag_types", {"id": 5, "active": True, "name": "VIP"})
    load("customers", customer(1, tagTypeIds=[5]))
    hub.push()
    long_ago(Contact)
    row = hub.contact(1)
    assert row.tags == ["st-vip"]
    hub.vendor.human("edit_contact", id=row.ghl_id, city=" MESA ", tags=["st-vip", "theirs"])
    assert hub.reconcile().contacts.differ == 0
    hub.vendor.human("edit_contact", id=row.ghl_id, tags=["theirs"])
    assert dict(hub.reconcile().contacts.fields) == {"tags": 1}


def test_what_the_push_has_yet_to_look_at_is_no_difference(hub: Hub) -> None:
    hub.vendor.human("edit_contact", id=hub.contact(1).ghl_id, city="Troy")
    Contact.objects.filter(pk=1).update(due_at=timezone.now())
    assert hub.reconcile().contacts.differ == 0


def test_what_is_not_in_the_list_is_asked_for_before_it_is_gone(hub: Hub) -> None:
    """The search misses one that is there, and one that is not."""
    hub.vendor.human("delete_contact", id=hub.contact(2).ghl_id)
    missed = hub.contact(1).ghl_id
    real = hub.vendor.app.account.contacts.records.walk
    hub.vendor.app.account.contacts.records.walk = (  # type: ignore[method-assign] # the list of a bad day
        lambda lag, after=None: (state for state in real(lag, after) if state["id"] != missed)
    )
    asked = hub.vendor.calls(f"/contacts/{missed}")
    report = hub.reconcile()
    assert hub.contact(1).state == State.SENT and hub.contact(1).gone_at is None
    assert hub.vendor.calls("/contacts/") > asked
    for row in (hub.contact(2), hub.card(77)):
        assert row.gone_at is not None and row.state == State.CONFLICT and "was deleted" in row.reason
    assert (report.contacts.gone, report.opportunities.gone) == (1, 1)
    assert (report.contacts.should, report.contacts.there, report.contacts.missing) == (3, 2, 1)
    assert len(hub.log(state=State.CONFLICT)) == 2
    again = hub.reconcile()
    assert again.contacts.gone == 0, "told once"


def test_a_list_that_shows_hardly_anything_is_not_believed(hub: Hub) -> None:
    """Another sub-account's, say: nobody asks for thousands one by one, and nothing is marked."""
    people(20, first=100)
    hub.push()
    long_ago(Contact)
    hub.vendor.app.account.contacts.records.walk = lambda lag, after=None: iter(())  # type: ignore[method-assign] # as above
    calls = hub.vendor.calls("/contacts/")
    report = hub.reconcile()
    assert "GHL_LOCATION_ID" in report.problem and not report.ok
    assert hub.vendor.calls("/contacts/") == calls + 1
    assert not Contact.objects.filter(gone_at__isnull=False).exists()


def test_no_more_are_asked_for_one_by_one_than_a_day_can_bear(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ASKED", 1)
    for number in (1, 2):
        hub.vendor.human("delete_contact", id=hub.contact(number).ghl_id)
    report = hub.reconcile()
    assert (report.contacts.gone, report.contacts.unchecked) == (1, 1)
    assert not report.equal
    assert hub.reconcile().contacts.gone == 1, "the next night's"


def test_what_was_written_a_moment_ago_is_not_overwritten_by_an_old_list(hub: Hub) -> None:
    hub.vendor.switch(allow_duplicate_opportunity=True, search_lag=30)
    hub.vendor.caller.control("POST", "advance", {"seconds": 60})
    load("customers", customer(1, address={"street": "1 New Street", "city": "Mesa", "state": "AZ"}))
    load("estimates", estimate(77, 2, "Sold"))
    hub.push()
    report = hub.reconcile()
    assert (hub.contact(1).remote or {})["address1"] == "1 New Street"
    card = hub.card(77)
    assert not card.moved_by_human and (card.remote or {})["status"] == "won"
    assert report.equal, report.as_dict()


def test_what_people_did_a_moment_after_our_write_is_seen(hub: Hub) -> None:
    load("customers", customer(1, city="X"))
    hub.push()
    hub.vendor.human("edit_contact", id=hub.contact(1).ghl_id, city="Troy")
    hub.vendor.human("set_dnd", id=hub.contact(1).ghl_id)
    hub.reconcile()
    assert (hub.contact(1).remote or {})["city"] == "Troy"
    assert hub.contact(1).dnd is True


def test_a_list_without_do_not_disturb_settings_leaves_them_as_they_are(hub: Hub) -> None:
    hub.vendor.human("stop", id=hub.contact(1).ghl_id)
    hub.hear("ContactDndUpdate", hub.contact(1).ghl_id)
    hub.process()
    long_ago(Contact)
    hub.vendor.switch(search_lacks_dnd=True)
    hub.vendor.human("edit_contact", id=hub.contact(1).ghl_id, city="Troy")
    hub.reconcile()
    row = hub.contact(1)
    assert ((row.remote or {})["city"], row.dnd_settings) == ("Troy", {"sms": "permanent"})


def test_a_card_that_the_push_moves_while_the_page_is_compared(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page shows it where the push has just put it, and the row that was read says otherwise."""
    hub.vendor.human("move_opportunity", id=hub.card(77).ghl_id, stage="Sold")
    there = hub.at_ghl(hub.card(77))["pipelineStageId"]

    def meanwhile(row: Opportunity, record: dict[str, Any]) -> bool:
        moved = is_moved(row, record)
        Opportunity.objects.filter(pk=row.pk).update(stage_id=there)
        return moved

    monkeypatch.setattr(noting, "is_moved", meanwhile)
    hub.reconcile()
    assert not hub.card(77).moved_by_human


# --- others' records, and those that carry our numbers ---


def carrying(hub: Hub, number: int, **values: Any) -> str:
    fields = {hub.our_field("contact.st_customer_id"): str(number)}
    return str(hub.vendor.human("create_contact", customFields=fields, **values)["id"])


def card_carrying(hub: Hub, number: int, contact_id: str | None) -> str:
    fields = {hub.our_field("opportunity.st_estimate_id"): str(number)}
    pipeline = hub.card(77).pipeline_id
    return str(hub.vendor.human("create_opportunity", contactId=contact_id, pipelineId=pipeline, customFields=fields)["id"])


def test_others_are_counted_and_left_alone(hub: Hub) -> None:
    for number in range(5):
        id = hub.vendor.human("create_contact", email=f"lead{number}@example.com")["id"]
        hub.vendor.human("create_opportunity", contactId=id, pipelineId=hub.card(77).pipeline_id)
    report = hub.reconcile()
    assert (report.contacts.at_ghl, report.contacts.not_ours, report.opportunities.not_ours) == (8, 5, 5)
    assert report.equal and Contact.objects.count() == 3


def test_an_id_map_that_was_lost_is_found_again_by_our_fields(hub: Hub) -> None:
    """The database was restored from an old copy: the records are there, and nobody here knows."""
    lost: dict[str, Any] = {"ghl_id": None, "state": State.NEW, "sent": None, "sent_hash": "", "remote": None, "seen_at": None}
    ids = hub.contact(2).ghl_id, hub.card(77).ghl_id
    Contact.objects.update(**lost)
    Opportunity.objects.update(**lost, pipeline_id="", stage_id="", status="")
    report = hub.reconcile()
    assert (report.contacts.adopted, report.opportunities.adopted) == (3, 1)
    assert (hub.contact(2).ghl_id, hub.card(77).ghl_id) == ids
    hub.push(mode="full")
    state = hub.vendor.caller.control("GET", "state").json
    assert (state["contacts"]["created"], state["opportunities"]["created"]) == (3, 1), "nothing was made twice"
    long_ago(Contact, Opportunity)
    assert hub.reconcile().equal


def test_what_is_there_twice_is_a_conflict_until_it_is_not(hub: Hub) -> None:
    copy, twin = carrying(hub, 1, email="copy@example.com"), card_carrying(hub, 77, hub.contact(2).ghl_id)
    report = hub.reconcile()
    assert report.contacts.twins == [{"id": 1, "ghl_ids": [hub.contact(1).ghl_id, copy]}]
    assert [found["ghl_ids"][1] for found in report.opportunities.twins] == [twin]
    for row, other in ((hub.contact(1), copy), (hub.card(77), twin)):
        assert row.state == State.CONFLICT and str(row.ghl_id) in row.reason and other in row.reason
    assert not report.equal
    hub.reconcile()
    assert len(hub.log(state=State.CONFLICT)) == 2, "told once"
    hub.vendor.human("delete_contact", id=copy)
    hub.vendor.human("delete_opportunity", id=twin)
    assert hub.reconcile().contacts.twins == []
    for row in (hub.contact(1), hub.card(77)):
        assert (row.state, row.reason) == (State.SENT, "")
    assert hub.push().counts.updated == 0


def test_two_of_one_number_that_nobody_has(hub: Hub) -> None:
    Contact.objects.create(st_customer_id=9, state=State.SKIPPED)
    ids = {carrying(hub, 9, email="a@example.com"), carrying(hub, 9, email="b@example.com")}
    report = hub.reconcile()
    assert (report.contacts.adopted, len(report.contacts.twins)) == (1, 1)
    assert set(report.contacts.twins[0]["ghl_ids"]) == ids
    assert hub.contact(9).ghl_id in ids


def test_merged_by_people_the_one_that_is_left_is_the_customer_s(hub: Hub) -> None:
    kept = str(hub.vendor.human("create_contact", email="kept@example.com")["id"])
    hub.vendor.human("merge_contacts", source=hub.contact(2).ghl_id, target=kept)
    report = hub.reconcile()
    assert (report.contacts.adopted, report.contacts.twins, report.contacts.gone) == (1, [], 0)
    assert hub.contact(2).ghl_id == kept
    assert hub.card(77).gone_at is None, "it went with the customer"
    hub.push()
    assert hub.contact(2).state == State.SENT


# --- as a whole ---


def test_comparing_sends_nothing_so_no_switch_stops_it(hub: Hub, settings: Settings) -> None:
    settings.GHL_SYNC_ENABLED = False
    hub.vendor.human("edit_contact", id=hub.contact(1).ghl_id, city="Troy")
    assert hub.reconcile().contacts.changed == 1


class Seen(Progress):
    def __init__(self) -> None:
        self.begun: dict[str, int] = {}
        self.steps = 0

    def begin(self, kind: str, total: int, seconds: float | None = None) -> None:
        self.begun[kind] = total

    def step(self, kind: str, count: int = 1) -> None:
        self.steps += 1


def test_many_pages_each_in_a_few_statements(hub: Hub, django_assert_max_num_queries: Any) -> None:
    people(240, first=1000)
    hub.push()
    long_ago(Contact, Opportunity)
    hub.vendor.human("edit_contact", id=hub.contact(1100).ghl_id, city="Troy")
    calls, progress = hub.vendor.calls("/contacts/search"), Seen()
    with django_assert_max_num_queries(60, using="ghl"):
        report = module.reconcile(connect.client(), Stats(), progress)
    assert (report.contacts.there, report.contacts.differ) == (243, 1)
    assert hub.vendor.calls("/contacts/search") == calls + 3
    assert (progress.begun["GoHighLevel contacts"], progress.steps) == (243, 244)


def test_echoes_that_waited_are_done_with_the_list(hub: Hub) -> None:
    hour = timedelta(hours=1)
    echo = hub.hear("ContactCreate", hub.contact(1).ghl_id, hour)
    late = hub.hear("ContactUpdate", hub.contact(1).ghl_id)
    opt_out = hub.hear("ContactDndUpdate", hub.contact(1).ghl_id, hour)
    hub.reconcile()
    assert {event.pk for event in WebhookEvent.objects.filter(done_at__isnull=True)} == {late.pk, opt_out.pk}
    assert WebhookEvent.objects.get(pk=echo.pk).done_at is not None


def test_a_vendor_who_goes_away_in_the_middle_marks_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.vendor.human("delete_contact", id=hub.contact(1).ghl_id)
    hub.vendor.fault({"action": "status", "status": 500, "path": "/contacts/search", "times": 0})
    with pytest.raises(Unreachable):
        module.reconcile(connect.client(sleep=lambda seconds: None), Stats())
    assert hub.contact(1).gone_at is None


def test_one_that_cannot_be_read_is_left_to_the_next_night(hub: Hub) -> None:
    hub.vendor.human("delete_contact", id=hub.contact(1).ghl_id)
    hub.vendor.human("delete_contact", id=hub.contact(3).ghl_id)
    hub.vendor.fault({"action": "status", "status": 422, "body": "{}", "path": f"/contacts/{hub.contact(1).ghl_id}", "times": 0})
    report = hub.reconcile()
    assert (report.contacts.gone, report.contacts.unchecked) == (1, 1)
