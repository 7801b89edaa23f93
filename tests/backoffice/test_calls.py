"""The list of calls: newest first, narrowed by API, answer and day, and nothing in it that a call was about."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.isolation.actor import acting_as
from servicetitan.models import ApiCall

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

LIST = reverse("admin:servicetitan_apicall_changelist")


def made(**values: Any) -> ApiCall:
    usual = {
        "at": timezone.now(), "api": "SERVICETITAN_API_URL", "method": "GET", "path": "/crm/v2/tenant/{id}/customers",
        "status": 200, "milliseconds": 84, "bytes": 12_345, "attempt": 1,
    }  # fmt: skip
    with acting_as("servicetitan"):
        return ApiCall.objects.create(**(usual | values))


@pytest.fixture
def calls(db: None) -> None:
    made(path="/first", at=timezone.now() - timedelta(days=3))
    made(path="/token", api="SERVICETITAN_AUTH_URL", method="POST")
    made(path="/none", status=404)
    made(path="/trouble", status=503, attempt=2)
    made(path="/silence", status=None, error="timeout", milliseconds=110_000, bytes=0)
    made(path="/fence", status=None, error="refused", api="", bytes=0)


PATHS = ("/first", "/token", "/none", "/trouble", "/silence", "/fence")


def shown(client: Client, **filters: Any) -> list[str]:
    """The paths on the page, in its order."""
    content = client.get(LIST, filters).content.decode()
    return sorted((path for path in PATHS if f" {path}<" in content), key=lambda path: content.index(f" {path}<"))


def test_newest_come_first_with_what_they_cost(boss: Client, calls: None) -> None:
    assert shown(boss) == list(reversed(PATHS))
    content = boss.get(LIST).content.decode()
    for text in ("84 ms", "1 min 50 s", "12.3 kB", "timeout", "stopped here", "503"):
        assert text in content


def test_they_are_narrowed_by_api_answer_and_day(boss: Client, calls: None) -> None:
    assert shown(boss, api="SERVICETITAN_AUTH_URL") == ["/token"]
    assert shown(boss, outcome="2") == ["/token", "/first"]
    assert shown(boss, outcome="4") == ["/none"]
    assert shown(boss, outcome="5") == ["/trouble"]
    assert shown(boss, outcome="none") == ["/silence"]
    assert shown(boss, outcome="fence") == ["/fence"]
    day = timezone.localtime(timezone.now() - timedelta(days=3)).date().isoformat()
    assert shown(boss, **{"from": day, "to": day}) == ["/first"]


def test_it_is_in_the_menu_and_only_for_those_who_may(boss: Client, stranger: Client, calls: None) -> None:
    assert f'href="{LIST}"' in boss.get(reverse("admin:index")).content.decode()
    assert stranger.get(LIST).status_code == 403


def test_a_call_has_a_page_that_nobody_can_change(boss: Client) -> None:
    call = made(path="/one")
    page = reverse("admin:servicetitan_apicall_change", args=[call.pk])
    assert "GET /one" in boss.get(page).content.decode()
    assert boss.post(page, {}).status_code == 403


def test_an_empty_list_says_why(boss: Client) -> None:
    assert "HUB_CALLS_DAYS" in boss.get(LIST).content.decode()
