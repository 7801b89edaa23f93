"""Who may press what, and that looking never does anything."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from config.backoffice.base import ReadOnlyAdmin
from integrations.models import Contact, Draft, Opportunity, StageRule, SyncLog, SyncRun
from tests.integrations.ghl.admin.conftest import Ghl, Queued, text_of, url

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

Buttons = dict[str, str]


@pytest.fixture
def buttons(ghl: Ghl) -> Buttons:
    """What each button does, by its address."""
    ghl.account()
    gone = ghl.contact(11, gone_at="2026-11-01T00:00:00Z", state="conflict", reason="The contact was deleted at GoHighLevel.")
    there, card, draft, log = ghl.contact(12), ghl.card(77, 12), ghl.draft(), ghl.log(12)
    return {
        url(SyncRun, "sync_now"): "ghl.sync",
        url(SyncRun, "look_at_everything"): "ghl.sync",
        url(SyncRun, "reconcile_now"): "ghl.reconcile",
        url(Contact, "try_failed"): "ghl.retry",
        url(Contact, "try_conflicts"): "ghl.retry",
        url(Contact, "try_again", there.pk): "ghl.retry",
        url(Contact, "make_again", gone.pk): "ghl.make_again",
        url(Opportunity, "try_failed"): "ghl.retry",
        url(Opportunity, "try_again", card.pk): "ghl.retry",
        url(SyncLog, "try_again", log.pk): "ghl.retry",
        url(SyncLog, "try_failed_contacts"): "ghl.retry",
        url(SyncLog, "try_failed_opportunities"): "ghl.retry",
        url(StageRule, "apply"): "ghl.sync",
        url(Draft, "approve", draft.pk): "ghl.decide",
        url(Draft, "reject", draft.pk): "ghl.decide",
    }


def test_every_button_queues_its_task_once_it_is_confirmed(operator: Client, buttons: Buttons, queued: Queued) -> None:
    for address, task in buttons.items():
        assert b'method="post"' in operator.get(address).content, address
        assert queued() == [], f"{address} acted when it was opened"
        assert operator.post(address).status_code == 302, address
        assert [name for name, _ in queued()] == [task], address
    assert LogEntry.objects.count() == len(buttons)
    for entry in LogEntry.objects.select_related("content_type"):
        assert operator.get(entry.get_admin_url() or "").status_code == 200, entry.object_repr


def test_a_person_who_may_only_look_can_press_nothing(viewer: Client, buttons: Buttons, queued: Queued) -> None:
    for address in buttons:
        assert viewer.get(address).status_code == 403, address
        assert viewer.post(address).status_code == 403, address
    assert viewer.post(url(StageRule, "add"), {"happened": "sold"}).status_code == 403
    assert viewer.post(url(StageRule, "suggest")).status_code == 403
    assert queued() == [] and not LogEntry.objects.exists() and not StageRule.objects.exists()


@pytest.mark.parametrize("model", [SyncRun, Contact, Opportunity, SyncLog, Draft, StageRule])
def test_a_person_who_may_only_look_sees_no_button(viewer: Client, buttons: Buttons, model: type[Any]) -> None:
    page = text_of(viewer, url(model, "changelist"))
    assert not [address for address in buttons if address in page]
    record = model.objects.order_by("pk").first()
    if record is not None and model is not StageRule:
        page = text_of(viewer, url(model, "change", record.pk))
        assert not [address for address in buttons if address in page]


def test_a_post_without_a_token_is_refused(operator: Client, buttons: Buttons, queued: Queued) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = operator.cookies
    for address in buttons:
        assert strict.post(address).status_code == 403, address
    assert queued() == []


def test_a_stranger_sees_no_page(stranger: Client, ghl: Ghl) -> None:
    for model in _ours():
        assert stranger.get(url(model, "changelist")).status_code == 403
    for name in ("integrations_contact_conflicts", "integrations_syncrun_parity"):
        assert stranger.get(reverse(f"admin:{name}")).status_code == 403
    assert "GoHighLevel" not in text_of(stranger, reverse("admin:index"))


def _ours() -> list[type[Any]]:
    return [model for model in admin.site._registry if model._meta.app_label == "integrations"]


def test_only_the_stage_rules_are_written_here() -> None:
    written = [model for model in _ours() if not isinstance(admin.site._registry[model], ReadOnlyAdmin)]
    assert written == [StageRule]
    assert len(_ours()) >= 9


def test_nobody_changes_a_record_from_here(boss: Client, ghl: Ghl) -> None:
    row = ghl.contact(11)
    assert boss.post(url(Contact, "change", row.pk), {"name": "Changed"}).status_code == 403
    assert boss.post(url(Contact, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert Contact.objects.get(pk=11).name == "Customer 11"
