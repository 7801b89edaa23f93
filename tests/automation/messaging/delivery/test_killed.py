"""Killed with SIGKILL at random moments, by two processes at once and under faults: everybody gets it, and nobody twice."""

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from automation.messaging.hours import Place, company, verdict
from automation.messaging.models import Message
from automation.workflows.models import Effect
from tests.automation.messaging.delivery.conftest import Office
from tests.jobs.processes import ROOT, environment
from tests.mirror import customer, load, phone

pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.slow, pytest.mark.timeout(1800)]

PEOPLE = int(os.environ.get("HUB_TEST_KILLED_MESSAGES", "250"))  # a message each
ROUNDS = 8
State = Message.State
FAULTS: tuple[dict[str, Any], ...] = (
    {"method": "POST", "action": "drop", "share": 0.03, "times": 0},
    {"method": "POST", "action": "drop", "commit": False, "share": 0.02, "times": 0, "seed": 5},
    {"method": "POST", "action": "status", "status": 500, "commit": True, "share": 0.02, "times": 0, "seed": 2},
    {"method": "POST", "action": "html", "status": 502, "share": 0.02, "times": 0, "seed": 3},
    {"method": "POST", "action": "throttle", "share": 0.01, "times": 0, "seed": 4},
)


def daytime() -> dict[str, Any]:
    """An address where texts may come for the next hour, whenever this runs."""
    now = datetime.now(UTC)
    for state, country in (("AZ", "USA"), ("HI", "USA"), ("GU", "USA"), ("", "GBR"), ("", "NZL")):
        place = Place(country=country, state=state)
        if all(verdict(now + timedelta(hours=ahead), place, "sms", "service", company()).allowed for ahead in (0, 1)):
            return {"street": "1 Road", "city": "X", "state": state, "zip": "", "country": country}
    raise AssertionError("it is night everywhere")


def send() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "messaging", "send", "--once", "--json"],
        cwd=ROOT, env=environment() | {"HUB_PUBLIC_URL": "https://hub.example.com"}, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def killed(processes: "list[subprocess.Popen[str]]", office: Office, calls: int, pause: float) -> int:
    """SIGKILL to each once so many calls were made. Returns how many of them were still at it."""
    goal = sum(office.app.traffic.calls.values()) + calls
    while sum(office.app.traffic.calls.values()) < goal and any(process.poll() is None for process in processes):
        time.sleep(0.002)
    time.sleep(pause)
    alive = 0
    for process in processes:
        alive += process.poll() is None
        process.kill()
        process.communicate()
    return alive


def time_is_over() -> None:
    """Whoever is dead has no time left, and pauses after failures need not be waited for."""
    now = datetime.now(UTC)
    Message.objects.filter(state=State.SENDING).update(lease_until=now)
    Message.objects.filter(state=State.WAITING).update(due_at=now)


def test_killed_at_random_moments_everybody_gets_it_once(office: Office, settings: Any) -> None:
    settings.MESSAGING_SETTLE_S = 1
    place = daytime()
    office.now = datetime.now(UTC)
    load("customers", *(customer(id, address=place) for id in range(1, PEOPLE + 1)))
    load("contacts", *(phone(10 * id, id, f"+16025{id:06d}") for id in range(1, PEOPLE + 1)))
    office.template(entity="customer", body="Your number is {{ customer.id }}")
    office.workflow({"do": "send sms", "template": "note"}, trigger={"event": "customer.created"})
    office.decide()
    assert Effect.objects.count() == PEOPLE
    office.app.switches = office.app.switches.changed({"latency": 0.01})
    office.fault(*FAULTS)
    dice, kills = random.Random(20261127), 0
    for _ in range(ROUNDS):
        kills += killed([send(), send()], office, dice.randint(5, max(6, PEOPLE // ROUNDS // 2)), dice.uniform(0, 0.05))
        time_is_over()
    deadline = time.monotonic() + 900
    while Message.objects.exclude(state=State.SENT).exists() and time.monotonic() < deadline:
        send().communicate(timeout=600)
        time_is_over()
    assert kills >= ROUNDS
    assert not Message.objects.exclude(state=State.SENT).exists()
    assert office.app.store.repeats() == {} and len(office.sent) == PEOPLE
    assert set(Message.objects.values_list("provider_id", flat=True)) == set(office.app.store.messages)
