"""The agent with its memory in Redis, its command, its addresses and its page."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from config.isolation import switches
from config.isolation.actor import acting_as
from config.isolation.manifest import UNITS
from config.jobs import alive
from config.monitoring import book, windows
from config.monitoring.agent import Agent
from config.monitoring.probes import Check, Node, Reading, State
from tests.backoffice.conftest import boss, operator, plain_settings, stranger
from tests.isolation.conftest import committed, names, owner
from tests.jobs.processes import environment

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
__all__ = ["boss", "committed", "names", "operator", "owner", "plain_settings", "stranger"]
ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    forget()
    switches.publish()
    yield
    forget()


def forget() -> None:
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.delete(*(f"monitor:{name}" for name in ("book", "now", "past", "pause", "agent")))


class Hands:
    """A check whose readings a test sets, and a clock that a test moves."""

    def __init__(self) -> None:
        self.now, self.said = START, list[str]()
        self.states: dict[str, State] = {"cause": State.OK, "symptom": State.OK}
        found = (Node("cause", "The cause", "servers"), Node("symptom", "The symptom", "ghl", ("cause",)))
        self.check = Check("hands", found, self._read, uses=())

    def _read(self, at: datetime) -> Mapping[str, Reading]:
        return {name: Reading(state, "as set", {"rows": 7.0}) for name, state in self.states.items()}

    def agent(self) -> Agent:
        return Agent([self.check], 30, self.said.append, lambda: self.now)

    def passes(self, agent: Agent, count: int, **states: State) -> None:
        self.states |= states
        with acting_as("monitor"):
            for _ in range(count):
                agent.step()
                self.now += timedelta(seconds=30)


def test_an_agent_that_starts_again_tells_nothing_twice() -> None:
    hands = Hands()
    hands.passes(hands.agent(), 3, cause=State.BAD, symptom=State.BAD)
    hands.passes(hands.agent(), 3)
    hands.passes(hands.agent(), 3, cause=State.OK, symptom=State.OK)
    assert [line.partition(":")[0] for line in hands.said] == ["raised", "recovered"]


def test_a_memory_that_is_lost_costs_one_word() -> None:
    hands = Hands()
    hands.passes(hands.agent(), 3, cause=State.BAD)
    forget()
    hands.passes(hands.agent(), 20)
    assert [line.partition(":")[0] for line in hands.said] == ["raised", "raised"]


@pytest.mark.parametrize("kept", ["{", '{"memory": {}}', '{"memory": {"nodes": 1}, "pending": [], "uptime": {}, "seen": 0}'])
def test_a_memory_that_nobody_understands_is_begun_anew(kept: str) -> None:
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.set("monitor:book", kept)
    hands = Hands()
    hands.passes(hands.agent(), 2, cause=State.BAD)
    assert len(hands.said) == 1


def test_one_of_two_agents_watches() -> None:
    with acting_as("monitor"):
        assert book.watches("first", 60) and book.watches("first", 60)
        assert not book.watches("second", 60)


def test_a_window_that_somebody_opened(settings: Settings) -> None:
    call_command("st_monitoring_agent", "--maintenance", "2h", "--why", "new disks", stdout=StringIO())
    hands = Hands()
    hands.now = datetime.now(UTC)
    hands.passes(hands.agent(), 3, cause=State.BAD)
    assert hands.said == []
    call_command("st_monitoring_agent", "--maintenance", "0", stdout=StringIO())
    hands.passes(hands.agent(), 3)
    assert len(hands.said) == 1


def test_windows_of_every_week(settings: Settings) -> None:
    settings.MONITOR_MAINTENANCE, settings.TIME_ZONE = "Thu 02:00-04:00, daily 23:30-24:00", "America/Phoenix"
    assert windows.weekly(datetime(2026, 11, 26, 9, 30, tzinfo=UTC)), "half past two in Phoenix"
    assert not windows.weekly(datetime(2026, 11, 26, 11, 0, tzinfo=UTC))
    assert windows.weekly(datetime(2026, 11, 25, 6, 45, tzinfo=UTC))
    for wrong in ("Sunday 02:00-04:00", "Sun 04:00-02:00", "Sun 25:00-26:00"):
        with pytest.raises(ValueError, match=r"window|ends before"):
            windows.parse(wrong)


def test_metrics_are_what_prometheus_reads(operator: Client, settings: Settings) -> None:
    hands = Hands()
    hands.passes(hands.agent(), 3, cause=State.BAD)
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    found = {family.name: family.samples for family in text_string_to_metric_families(answer.content.decode())}
    up = {sample.labels["node"]: sample.value for sample in found["hub_node_up"]}
    assert up == {"cause": 0.0, "symptom": 1.0}
    assert found["hub_incidents_open"][0].value == 1
    assert {sample.labels["figure"] for sample in found["hub_figure"]} == {"rows"}
    settings.HUB_METRICS_TOKEN = "a token"
    assert Client().get("/metrics").status_code == 401
    assert Client().get("/metrics", headers={"Authorization": "Bearer a token"}).status_code == 200
    settings.HUB_METRICS_TOKEN = ""
    assert Client().get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 401


def test_a_silent_agent_has_no_metrics() -> None:
    assert Client().get("/metrics").status_code == 503


def test_alive_and_ready() -> None:
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/readyz").json() == {"postgres": "ok", "redis": "ok"}
    assert Client().post("/healthz").status_code == 405


def test_the_health_page(operator: Client, stranger: Client) -> None:
    assert stranger.get("/health/").status_code == 403
    assert Client().get("/health/").status_code == 302
    assert "The agent is silent" in operator.get("/health/").content.decode()
    hands = Hands()
    hands.now = datetime.now(UTC)
    hands.passes(hands.agent(), 3, cause=State.BAD, symptom=State.BAD)
    page = operator.get("/health/").content.decode()
    assert "Open incidents" in page and "The cause: as set" in page and "<svg" in page
    assert "The symptom is bad." in page, "for those who cannot see the picture"
    hands.passes(hands.agent(), 3, cause=State.OK, symptom=State.OK)
    page = operator.get("/health/").content.decode()
    assert "All is well" in page and "Past incidents" in page


def once() -> tuple[int, dict[str, Any]]:
    """(exit status, what it says)."""
    out, status = StringIO(), 0
    try:
        call_command("st_monitoring_agent", "--once", "--json", stdout=out)
    except SystemExit as end:
        status = int(end.code or 0)
    return status, json.loads(out.getvalue())


def test_once_tells_how_everything_stands() -> None:
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.delete(*(f"celery:{unit.name}" for unit in UNITS))  # tasks that other tests left, which nobody takes up
    alive.tell()
    status, found = once()
    assert (status, found["ok"], found["causes"]) == (0, True, [])
    assert found["nodes"]["postgres"]["state"] == "ok" and found["nodes"]["redis"]["state"] == "ok"
    assert {"feed.jobs", "ghl.backlog", "ghl.lag", "worker.servicetitan", "fences", "disk"} <= found["nodes"].keys()
    assert not [name for name, node in found["nodes"].items() if node["state"] == "unknown"], "every check works"
    with redis.Redis.from_url(django_settings.REDIS_URL) as client:
        client.delete(alive.KEY)
    status, found = once()
    assert (status, found["causes"]) == (1, ["scheduler"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--json"], "goes with --once"), (["--every", "0"], "at least 1"), (["--maintenance", "soon"], "write 30m"),
     (["--test-alert"], "MONITOR_EMAIL_TO")],
)  # fmt: skip
def test_bad_input_is_told(arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("st_monitoring_agent", *arguments, stdout=StringIO())


def test_it_refuses_to_run_where_it_could_write(owner: psycopg.Connection, names: dict[str, str]) -> None:
    owner.execute(f"GRANT DELETE ON servicetitan.st_customers TO {names['monitor']}")
    try:
        with pytest.raises(CommandError, match=r"rows of servicetitan.st_customers: it refuses to run"):
            call_command("st_monitoring_agent", "--once", stdout=StringIO())
    finally:
        owner.execute(f"REVOKE DELETE ON servicetitan.st_customers FROM {names['monitor']}")


@pytest.mark.slow
def test_the_process_watches_and_ends_in_good_order() -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "st_monitoring_agent", "--every", "1"], cwd=ROOT, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 40
        with redis.Redis.from_url(django_settings.REDIS_URL) as client:
            while not client.exists("monitor:now"):
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.2)
        units = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
        assert b"HUB_UNITS=monitor" in units and not [one for one in units if one.startswith(b"GHL_DATABASE_URL")]
    finally:
        os.kill(process.pid, signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "watches" in said
    connections.close_all()
