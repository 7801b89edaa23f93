"""Logging in, being locked out, and servers that are away."""

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, User
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from config.backoffice import dashboard
from tests.backoffice.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def _try(client: Client, password: str) -> Any:
    return client.post(reverse("admin:login"), {"username": "olga", "password": password})


def test_a_login_leads_to_the_overview(client: Client, operator: Client) -> None:
    answer = _try(client, PASSWORD)
    assert answer.status_code == 302 and answer.headers["Location"] == reverse("admin:index")


def test_too_many_wrong_passwords_lock_and_an_administrator_unlocks(client: Client, operator: Client, boss: Client) -> None:
    for _ in range(4):
        assert b"Please enter the correct" in _try(client, "wrong").content
    locked = _try(client, "wrong")
    assert locked.status_code == 429
    assert b"Locked for now" in locked.content and b"15 min" in locked.content
    assert _try(client, PASSWORD).status_code == 429  # the right password does not help

    attempt = AccessAttempt.objects.get(username="olga")
    unlock = reverse("admin:axes_accessattempt_unlock", args=[attempt.pk])
    assert operator.post(unlock).status_code == 403
    assert boss.post(unlock).status_code == 302
    assert _try(client, PASSWORD).status_code == 302


def test_the_log_of_logins_has_no_password(client: Client, operator: Client, boss: Client) -> None:
    _try(client, "hunter2")
    page = boss.get(reverse("admin:axes_accessattempt_changelist")).content
    assert b"olga" in page and b"hunter2" not in page


def test_pages_of_people_look_like_the_others(boss: Client) -> None:
    user = User.objects.get()
    for url in (
        reverse("admin:auth_user_change", args=[user.pk]), reverse("admin:auth_user_add"),
        reverse("admin:auth_user_password_change", args=[user.pk]), reverse("admin:auth_group_add"),
        reverse("admin:password_change"),
    ):  # fmt: skip
        assert b"hub.css" in boss.get(url).content, url


def test_people_are_filtered_by_what_they_may(boss: Client, operator: Client, stranger: Client) -> None:
    url = reverse("admin:auth_user_changelist")
    group = Group.objects.get(name="Operators")
    operators = boss.get(f"{url}?group={group.pk}").content
    assert b">olga<" in operators and b">stan<" not in operators
    User.objects.filter(username="stan").update(is_active=False)
    assert boss.get(f"{url}?may=no").content.count(b'class="data-row') == 1


@pytest.mark.parametrize("path", ["/admin/nothing/", "/nothing/"])
def test_an_address_that_leads_nowhere_leads_back(boss: Client, path: str) -> None:
    answer = boss.get(path)
    assert answer.status_code == 404
    assert b"There is no such page" in answer.content and b'href="/admin/"' in answer.content


def test_without_redis_nobody_is_logged_out(boss: Client, settings: Settings) -> None:
    boss.raise_request_exception = False
    sessions = settings.CACHES["sessions"]
    away = {**sessions, "LOCATION": "redis://127.0.0.1:1/0", "OPTIONS": {}}
    settings.CACHES = {**settings.CACHES, "sessions": away}
    answer = boss.get(reverse("admin:index"))
    assert answer.status_code == 503
    assert b"Redis does not answer" in answer.content
    assert not answer.cookies
    settings.CACHES = {**settings.CACHES, "sessions": sessions}
    assert boss.get(reverse("admin:index")).status_code == 200


def test_without_the_database_there_is_a_page_that_says_so(boss: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    boss.raise_request_exception = False

    def away(*_: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(dashboard._makers, "all", [away])
    answer = boss.get(reverse("admin:index"))
    assert answer.status_code == 503 and b"The database does not answer" in answer.content


def test_a_fault_of_ours_says_no_more_than_it_should(boss: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    boss.raise_request_exception = False

    def fault(*_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(dashboard._makers, "all", [fault])
    answer = boss.get(reverse("admin:index"))
    assert answer.status_code == 500
    assert b"Something went wrong here" in answer.content and b"secret detail" not in answer.content
