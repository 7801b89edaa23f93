"""The fences and the kill switches in the back office."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.isolation import switches
from config.isolation.models import Proof, SwitchChange

pytestmark = pytest.mark.django_db(databases="__all__")

FENCES, SWITCHES = reverse("admin:isolation_proof_changelist"), reverse("admin:isolation_switchchange_changelist")
TURN = reverse("admin:isolation_switchchange_add")
HX = {"HX-Request": "true"}


def measured(**more: Any) -> Proof:
    now = timezone.now()
    cell = {"word": "reads", "refused": 40, "worked": 2, "surprises": 0}
    values: dict[str, Any] = {"matrix": {"ghl": {"servicetitan": cell}}, "acts": 42, "seconds": 3.2} | more
    return Proof.objects.create(asked_at=now, asked_by="olga", started_at=now, finished_at=now, **values)


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_draws_the_manifest_before_anything_was_measured(operator: Client) -> None:
    shown = text(operator, FENCES)
    assert "ghl writes integrations: ghl_* and reads servicetitan." in shown
    assert "The fences have not been measured yet." in shown


def test_the_matrix_has_an_age_and_a_cell_for_each_place(operator: Client) -> None:
    measured()
    shown = text(operator, FENCES)
    assert "42 acts tried just now" in shown
    assert '<span class="hub-pill hub-info">reads</span>' in shown
    assert "the fences hold" in shown
    assert "as the manifest says" in shown


def test_surprises_and_drift_are_shown_and_need_somebody(operator: Client) -> None:
    surprise = {"unit": "ghl", "fence": "database", "place": "servicetitan", "what": "UPDATE a table made a moment ago",
                "may": False, "worked": True, "detail": ""}  # fmt: skip
    measured(surprises=[surprise], drift=["grant INSERT on <table>"])
    shown = text(operator, FENCES)
    assert "UPDATE a table made a moment ago" in shown and "grant INSERT on &lt;table&gt;" in shown
    first = text(operator, reverse("admin:index"))
    assert "The fences do not hold: 1 acts" in first and "1 grants or users differ" in first


def test_a_measurement_that_broke_off_says_why_and_is_not_the_newest(operator: Client) -> None:
    measured()
    broken = measured(error="OperationalError: gone", acts=0)
    assert "It broke off: OperationalError: gone" in text(operator, reverse("admin:isolation_proof_change", args=[broken.pk]))
    assert "42 acts tried" in text(operator, FENCES)


def test_measuring_is_asked_for_once_and_logged(operator: Client) -> None:
    url = reverse("admin:isolation_proof_measure")
    assert "Measure the fences again?" in operator.get(url, headers=HX).content.decode()
    assert not Proof.objects.exists(), "opening the dialog asks for nothing"
    operator.post(url)
    asked = Proof.objects.get()
    assert (asked.asked_by, asked.started_at) == ("olga", None)
    assert LogEntry.objects.filter(change_message__contains="measurement of the fences").exists()
    operator.post(url)
    assert Proof.objects.count() == 1
    assert "waits for isolation_watch" in text(operator, FENCES)


def test_how_the_switches_stand(operator: Client, settings: Any) -> None:
    settings.SALESFORCE_SYNC_ENABLED = False
    shown = text(operator, SWITCHES)
    assert "sends customers and estimates to GoHighLevel" in shown
    assert "SALESFORCE_SYNC_ENABLED is false in the environment" in shown


def turn(client: Client, **more: str) -> Any:
    return client.post(TURN, {"switch": "ghl", "mode": "hold", "why": "wrong prices", "span": "120"} | more)


def test_a_switch_is_turned_with_who_why_and_until(operator: Client) -> None:
    assert turn(operator).status_code == 302
    change = SwitchChange.objects.get()
    assert (change.switch, change.mode, change.who, change.why) == ("ghl", "hold", "olga", "wrong prices")
    assert change.until is not None
    assert 7000 < (change.until - timezone.now()).total_seconds() <= 7200
    assert switches.newest()["ghl"].mode == "hold"
    assert "ghl to hold until" in LogEntry.objects.get().change_message
    assert "&#x27;ghl&#x27; is at hold" in text(operator, SWITCHES)
    first = text(operator, reverse("admin:index"))
    assert "ghl on hold" in first and "by olga: wrong prices" in first


def test_a_hold_until_the_morning_ends_in_the_morning(operator: Client) -> None:
    turn(operator, span="morning")
    until = SwitchChange.objects.get().until
    assert until is not None
    assert timezone.localtime(until).strftime("%H:%M") == "06:00"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"why": " "}, "Say why"), ({"mode": "off"}, "Select a valid choice"), ({"switch": "hubspot"}, "Select a valid choice")],
)
def test_a_wrong_order_is_explained_and_turns_nothing(operator: Client, wrong: dict[str, str], said: str) -> None:
    response = turn(operator, **wrong)
    assert response.status_code == 200 and said in response.content.decode()
    assert not SwitchChange.objects.exists()


def test_what_the_environment_switched_off_cannot_be_turned(operator: Client, settings: Any) -> None:
    settings.GHL_SYNC_ENABLED = False
    assert "GHL_SYNC_ENABLED is false in the environment, and that is final" in turn(operator).content.decode()


def test_without_redis_the_turn_is_stored_and_said(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(switches, "publish", away)
    turn(operator)
    assert SwitchChange.objects.exists()
    assert "Redis could not be told" in text(operator, SWITCHES)


def test_history_cannot_be_changed(boss: Client) -> None:
    turn(boss)
    page = reverse("admin:isolation_switchchange_change", args=[SwitchChange.objects.get().pk])
    assert boss.post(page, {"mode": "run"}).status_code == 403
    assert boss.post(reverse("admin:isolation_switchchange_delete", args=[SwitchChange.objects.get().pk])).status_code == 403


def test_a_stranger_turns_nothing(stranger: Client) -> None:
    assert turn(stranger).status_code == 403
    assert stranger.get(FENCES).status_code == 403
