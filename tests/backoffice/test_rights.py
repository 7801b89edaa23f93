"""Who sees what, and that looking never does anything."""

from collections.abc import Iterator
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from pytest_django.fixtures import Settings

from automation.workflows import stored
from automation.workflows.models import Workflow
from config.backoffice import operators
from config.backoffice.base import ReadOnlyAdmin
from config.isolation.actor import acting_as
from config.isolation.manifest import OWNER_ALIAS
from config.jobs.beat import make_defaults
from integrations import models
from salesforce import models as salesforce
from servicetitan.models import Customer, SyncCursor, SyncLog, SyncReject
from tests.backoffice.conftest import Family, Mirror, Queued
from tests.integrations.ghl.admin.conftest import Ghl

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def _url(model: type[Any], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def _lists() -> Iterator[str]:
    for model in admin.site._registry:
        yield _url(model, "changelist")


def test_a_stranger_sees_an_empty_overview_and_nothing_else(stranger: Client, family: Family) -> None:
    overview = stranger.get(reverse("admin:index"))
    assert b"Nothing is open to you yet" in overview.content
    assert b"Renee" not in overview.content and b"customers" not in overview.content
    for url in _lists():
        assert stranger.get(url).status_code == 403, url
    assert stranger.get(_url(Customer, "change", 11)).status_code == 403


def test_an_operator_sees_every_list(operator: Client, family: Family) -> None:
    for url in _lists():
        assert operator.get(url).status_code == 200, url


def test_nobody_without_a_login_sees_anything(client: Client) -> None:
    for url in _lists():
        assert client.get(url).status_code == 302, url


def test_an_operator_changes_nothing_else(operator: Client) -> None:
    schedule = _url(_model("periodictask"), "changelist")
    assert operator.get(schedule).status_code == 200
    assert operator.get(_url(_model("user"), "add")).status_code == 403
    assert operator.post(_url(_model("group"), "add"), {"name": "Kings"}).status_code == 403
    assert not Group.objects.filter(name="Kings").exists()


def _model(name: str) -> type[Any]:
    return next(model for model in admin.site._registry if model._meta.model_name == name)


@pytest.mark.parametrize("kind", ["change", "delete"])
def test_a_read_only_page_refuses_every_post_also_of_a_superuser(boss: Client, family: Family, kind: str) -> None:
    assert boss.post(_url(Customer, kind, 11), {"name": "Changed"}).status_code == 403
    assert boss.get(_url(Customer, "add")).status_code == 403
    assert boss.post(_url(Customer, "add"), {"name": "New"}).status_code == 403
    assert Customer.objects.get().name == "Renée Taylor"


def test_every_page_of_a_unit_is_read_only() -> None:
    pages = [page for model, page in admin.site._registry.items() if model._meta.app_label == "servicetitan"]
    assert len(pages) >= 15
    assert all(isinstance(page, ReadOnlyAdmin) for page in pages)


def _action_urls(record_of: dict[type[Any], Any]) -> Iterator[str]:
    """The address of every button of every page."""
    for model, page in admin.site._registry.items():
        theme: Any = page
        for action in theme._get_base_actions_list():
            yield reverse(f"admin:{action.action_name}")
        for action in (*theme._get_base_actions_detail(), *theme._get_base_actions_row()):
            yield reverse(f"admin:{action.action_name}", args=[record_of.get(model, 1)])


def _of_salesforce() -> dict[Any, Any]:
    now = timezone.now()
    with acting_as("salesforce"):
        rows = [
            *(model.objects.create(st_customer_id=11) for model in (salesforce.Contact, salesforce.Account)),
            salesforce.Org.objects.create(org_id="00D000000000001AAA", seen_at=now),
            salesforce.SyncLog.objects.create(at=now, sobject="Contact", st_customer_id=11, act="create", state="success",
                                              api="collections"),
            salesforce.ApiKey.objects.create(name="x", prefix="hub_x", hash="x", made_at=now),
        ]  # fmt: skip
    return {type(row): row.pk for row in rows}


def test_no_button_acts_when_its_address_is_opened(
    boss: Client, mirror: Mirror, queued: Queued, settings: Settings
) -> None:
    settings.SALESFORCE_FLOW = "web"  # else nobody has to connect
    make_defaults()
    attempt = AccessAttempt.objects.create(username="olga", failures_since_start=5)
    ghl = Ghl()
    records = {
        models.Contact: ghl.contact(11).pk, models.Opportunity: ghl.card(77, 11).pk, models.Draft: ghl.draft().pk,
        models.SyncLog: ghl.log(11).pk, SyncLog: mirror.run().pk, SyncReject: mirror.reject().pk, SyncCursor: mirror.cursor().pk,
        PeriodicTask: PeriodicTask.objects.all()[0].pk, AccessAttempt: attempt.pk, **_of_salesforce(),
        Workflow: stored.store(stored.ready()[0], "olga", timezone.now(), using="default").workflow.pk,
    }  # fmt: skip
    urls = list(_action_urls(records))
    assert len(urls) >= 11
    for url in urls:
        for headers in ({}, {"HX-Request": "true"}):
            answer = boss.get(url, headers=headers)
            assert answer.status_code == 200, url
            assert b'method="post"' in answer.content, url
    assert queued() == []
    assert not LogEntry.objects.exists()
    assert AccessAttempt.objects.exists()


def test_every_button_asks_first_and_names_its_right() -> None:
    for page in admin.site._registry.values():
        theme: Any = page
        assert theme.actions_submit_line == ()
        for action in (
            *theme._get_base_actions_list(), *theme._get_base_actions_detail(), *theme._get_base_actions_row(),
        ):  # fmt: skip
            assert action.dialog, f"{action.action_name} acts when it is clicked"
            assert action.method.allowed_permissions, f"{action.action_name} is everybody's"


def test_a_button_is_not_for_everybody(stranger: Client, mirror: Mirror, queued: Queued) -> None:
    reject = mirror.reject()
    for url in (_url(SyncReject, "retry", reject.pk), _url(SyncLog, "sync_all")):
        assert stranger.get(url).status_code == 403
        assert stranger.post(url).status_code == 403
    assert queued() == []


def test_a_post_without_a_token_is_refused(mirror: Mirror, boss: Client, queued: Queued) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = boss.cookies
    assert strict.post(_url(SyncReject, "retry", mirror.reject().pk)).status_code == 403
    assert queued() == []


def test_operators_may_retry_and_sync_and_see_all_that_is_shown(db: None) -> None:
    held = {
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in Group.objects.get(name=operators.NAME).permissions.select_related("content_type")
    }
    shown = {f"{m._meta.app_label}.view_{m._meta.model_name}" for m in admin.site._registry}
    theirs = {"servicetitan.add_synclog", "servicetitan.change_syncreject", "integrations.add_syncrun"}
    theirs |= {f"integrations.change_{name}" for name in ("synclog", "contact", "opportunity", "draft")}
    theirs |= {f"integrations.{verb}_stagerule" for verb in ("add", "change", "delete")}
    theirs |= {"salesforce.add_syncrun", "salesforce.change_synclog"}
    theirs |= {f"salesforce.{verb}_fieldmapping" for verb in ("add", "change", "delete")}
    theirs |= {"automation.add_workflow", "automation.change_workflow"}
    theirs |= {"automation.add_template", "automation.change_template", "automation.add_consent"}
    assert held == shown | theirs | {"isolation.add_switchchange", "isolation.add_proof"}


def test_what_somebody_took_from_the_operators_does_not_come_back(db: None) -> None:
    group = Group.objects.get(name=operators.NAME)
    taken = Permission.objects.get(codename="change_syncreject")
    group.permissions.remove(taken)
    call_command("migrate", verbosity=0, database=OWNER_ALIAS)
    assert taken not in group.permissions.all()
