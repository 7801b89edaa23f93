"""The test button: the page leaves a wish, the agent sends by every channel, the page says what became of it."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.test import Client
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.monitoring import trial
from config.monitoring.agent import Agent
from tests.backoffice.conftest import boss, operator, plain_settings, stranger
from tests.monitoring.test_alerts import Received, received

__all__ = ["boss", "operator", "plain_settings", "received", "stranger"]

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture(autouse=True)
def nothing_asked() -> Iterator[None]:
    def forget() -> None:
        with redis.Redis.from_url(django_settings.REDIS_URL) as client:
            client.delete(trial.ASKED, trial.DONE, *client.keys(f"{trial.TAKEN}:*"))

    forget()
    yield
    forget()


def press(client: Client) -> Any:
    with acting_as("backoffice"):
        return client.post("/health/test")


def page(client: Client) -> str:
    with acting_as("backoffice"):
        return str(client.get("/health/").content.decode())


def test_pressed_sent_and_shown(operator: Client, received: Received) -> None:
    assert "Nobody has asked for one yet" in page(operator)
    assert press(operator)["Location"] == "/health/"
    assert "waits for the agent" in page(operator)
    assert trial.answer() == [f"test alert for olga by {name}: sent" for name in ("e-mail", "slack", "webhook")]
    assert len(received.mails) == 1 and len(received.bodies) == 2
    shown = page(operator)
    assert shown.count("hub-good\">sent") == 3 and "olga" in shown


def test_a_wish_is_answered_once(operator: Client, received: Received) -> None:
    press(operator)
    trial.answer()
    assert trial.answer() == [] and len(received.mails) == 1


def test_a_channel_that_fails_is_named(operator: Client, received: Received) -> None:
    received.status = 500
    press(operator)
    trial.answer()
    shown = page(operator)
    assert shown.count("failed: the agent") == 2 and shown.count("hub-good\">sent") == 1


def test_an_agent_that_comes_late_lets_it_be(operator: Client, received: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    press(operator)
    monkeypatch.setattr(trial, "WAITED_S", -1)
    assert trial.answer() == [] and received.mails == []
    assert "the agent did not answer" in page(operator)


def test_of_two_agents_one_sends(operator: Client, received: Received, monkeypatch: pytest.MonkeyPatch) -> None:
    press(operator)
    both = threading.Barrier(2)
    monkeypatch.setattr(trial, "_json", lambda text: both.wait(20) is not None and json.loads(text))

    def agent() -> None:
        with acting_as("monitor"):
            trial.answer()

    with ThreadPoolExecutor(2) as pool:
        agents = [pool.submit(agent) for _ in range(2)]
    assert all(one.exception() is None for one in agents)
    assert len(received.mails) == 1


def test_without_a_channel_it_says_which_settings(operator: Client, settings: Settings) -> None:
    settings.MONITOR_EMAIL_TO = settings.MONITOR_SLACK_URL = settings.MONITOR_WEBHOOK_URL = ""
    press(operator)
    with acting_as("monitor"):
        trial.answer()
    assert "No channel is set" in page(operator)


def test_the_running_agent_does_not_let_people_wait(operator: Client, received: Received) -> None:
    said: list[str] = []
    stop = threading.Event()
    agent = Agent([], every_s=60, say=said.append)
    press(operator)

    def ended(line: str) -> None:
        said.append(line)
        stop.set()

    agent.say = ended
    agent._rest(stop, until=1e12)
    assert said and "test alert" in said[0]


def test_who_may_not_stop_a_unit_may_wake_nobody(stranger: Client, operator: Client) -> None:
    assert press(stranger).status_code == 403
    with acting_as("backoffice"):
        assert operator.get("/health/test").status_code == 405


def test_it_needs_the_csrf_token(boss: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = boss.cookies
    assert press(strict).status_code == 403
