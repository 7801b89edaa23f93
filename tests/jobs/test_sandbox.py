"""`manage.py sandbox` as somebody starts it: all vendors in one process, over real HTTP, until a signal ends it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from config.isolation.egress import guard
from config.jobs.demo import DemoFailed, free_port
from config.jobs.sandbox import by_vendor
from config.sandbox.serving import SAVE_EVERY_S

ROOT = Path(__file__).resolve().parents[2]
CALL = {"Authorization": "Bearer pit-sandbox", "Version": "2021-07-28"}
LOCATION = "locSandbox0000000001"


@pytest.fixture(autouse=True)
def opening() -> Iterator[None]:
    with guard.trusted("these tests call the emulators as any client does"):
        yield


@dataclass
class Sandbox:
    """What a process of the command said, and calls of it."""

    port: int
    process: "subprocess.Popen[str]"
    settings: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def call(self, vendor: str, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.addresses[vendor] + path, json=body, headers=headers, timeout=20)

    def state(self, vendor: str) -> Any:
        return self.call(vendor, "GET", "/sandbox/state").json()

    def now(self) -> list[datetime]:
        """By the clock of each vendor."""
        stamps = (self.state("ServiceTitan")["company"]["now"], self.state("GoHighLevel")["now"])
        return [datetime.fromisoformat(stamp) for stamp in stamps]

    def create(self, **values: Any) -> requests.Response:
        return self.call("GoHighLevel", "POST", "/contacts/", {"locationId": LOCATION, **values}, **CALL)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    port = free_port(18_600 + 100 * number, 3)
    return kept | {"HUB_DATA_DIR": str(tmp_path / "hub"), "HUB_ENV_FILE": os.devnull, "HUB_SANDBOX_PORT": str(port)}


def manage(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", "sandbox", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


@contextmanager
def served(environment: dict[str, str], *arguments: str) -> Iterator[Sandbox]:
    """Leaving it ends the process with SIGTERM."""
    command = [sys.executable, "manage.py", "sandbox", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        sandbox = Sandbox(int(environment["HUB_SANDBOX_PORT"]), process)
        try:
            while "GoHighLevel" not in sandbox.addresses:
                line = process.stdout.readline().strip()
                assert line, "the command ended"
                name, _, value = line.partition("=") if "=" in line else line.partition(" sandbox at ")
                (sandbox.settings if "=" in line else sandbox.addresses)[name] = value
            yield sandbox
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_every_vendor_answers_on_its_port_with_the_printed_settings(environment: dict[str, str]) -> None:
    with served(environment, "--customers=20") as sandbox:
        said = sandbox.settings
        assert sandbox.addresses == {
            "ServiceTitan": f"http://127.0.0.1:{sandbox.port}",
            "GoHighLevel": f"http://127.0.0.1:{sandbox.port + 1}",
        }
        assert (said["SERVICETITAN_API_URL"], said["GHL_API_URL"]) == tuple(sandbox.addresses.values())
        assert sandbox.state("ServiceTitan")["company"]["counts"]["customers"] == 20
        assert sandbox.call("GoHighLevel", "GET", f"/locations/{LOCATION}").status_code == 401
        own = {"Authorization": f"Bearer {said['GHL_API_TOKEN']}", "Version": "v3"}
        found = sandbox.call("GoHighLevel", "GET", f"/locations/{said['GHL_LOCATION_ID']}", **own)
        assert found.json()["location"]["id"] == LOCATION
    assert sandbox.process.returncode == 0


def test_the_settings_lead_to_it_without_being_set(environment: dict[str, str]) -> None:
    names = ("SERVICETITAN_API_URL", "GHL_API_URL", "GHL_API_TOKEN", "GHL_LOCATION_ID")
    program = f"from django.conf import settings; print(*(getattr(settings, name) for name in {names}))"
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    port = int(environment["HUB_SANDBOX_PORT"])
    assert done.stdout.split() == [f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", "pit-sandbox", LOCATION]


def test_a_restart_finds_what_was_sent_and_another_company_does_not(environment: dict[str, str]) -> None:
    with served(environment, "--customers=20") as sandbox:
        ann = sandbox.create(email="ann@example.com").json()["contact"]
        start = sandbox.state("ServiceTitan")["company"]["start"]
    with served(environment) as sandbox:
        assert sandbox.state("ServiceTitan")["company"]["start"] == start
        assert sandbox.call("GoHighLevel", "GET", f"/contacts/{ann['id']}", **CALL).json()["contact"] == ann
        assert sandbox.create(email="ann@example.com").status_code == 400
    with served(environment, "--seed=2") as sandbox:
        assert sandbox.state("GoHighLevel")["contacts"]["alive"] == 0


def test_little_is_lost_when_it_is_killed(environment: dict[str, str]) -> None:
    snapshot = Path(environment["HUB_DATA_DIR"]) / "sandbox-ghl.json"
    with served(environment, "--customers=20") as sandbox:
        ann = sandbox.create(email="ann@example.com").json()["contact"]
        deadline = time.monotonic() + 4 * SAVE_EVERY_S
        while not snapshot.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        sandbox.process.kill()
    with served(environment) as sandbox:
        assert sandbox.call("GoHighLevel", "GET", f"/contacts/{ann['id']}", **CALL).status_code == 200


def test_time_passes_at_all_of_them_and_is_remembered(environment: dict[str, str]) -> None:
    with served(environment, "--customers=20", "--speed=0") as sandbox:
        before = sandbox.now()
        assert manage(environment, "--advance=5").returncode == 0
        after = [moment + timedelta(hours=5) for moment in before]
        assert sandbox.now() == after
    with served(environment, "--speed=0") as sandbox:
        assert sandbox.now() == after


def test_switches_and_faults_are_a_vendors_own(environment: dict[str, str]) -> None:
    options = ['--switches={"export_batch_size": 7}', '--switches=ghl={"search_lag": 0}', '--faults=ghl=[{"action": "drop"}]']
    with served(environment, "--customers=20", *options) as sandbox:
        titan, ghl = sandbox.state("ServiceTitan"), sandbox.state("GoHighLevel")
        assert (titan["switches"]["export_batch_size"], ghl["switches"]["search_lag"]) == (7, 0)
        assert (titan["faults"]["rules"], len(ghl["faults"]["rules"])) == ([], 1)
        with pytest.raises(requests.ConnectionError):
            sandbox.create(email="ann@example.com")
        assert sandbox.create(email="ann@example.com").status_code == 400  # carried out, and only its answer was lost


def test_webhooks_leave_it(environment: dict[str, str]) -> None:
    """The process watches its connections: these are let through by name."""
    with socket.create_server(("127.0.0.1", 0)) as listener, served(environment, "--customers=20") as sandbox:
        listener.settimeout(20)
        hook = {"url": f"http://127.0.0.1:{listener.getsockname()[1]}/hook"}
        sandbox.call("GoHighLevel", "PUT", "/sandbox/webhooks", hook)
        sandbox.create(email="ann@example.com")
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(4096).startswith(b"POST /hook HTTP/1.1")


def test_keep_alive_and_cut_connections(environment: dict[str, str]) -> None:
    with served(environment, "--customers=20") as sandbox, requests.Session() as session:
        session.trust_env = False
        url = sandbox.addresses["ServiceTitan"]
        assert session.get(f"{url}/sandbox/state", timeout=10).headers["Connection"] == "keep-alive"
        rules = [{"action": action, "path": "token"} for action in ("cut", "drop", "wrong_length")]
        session.put(f"{url}/sandbox/faults", json=rules, timeout=10)
        for _ in rules:
            with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
                session.post(f"{url}/connect/token", timeout=10)
        assert session.post(f"{url}/connect/token", timeout=10).status_code == 400


def test_a_taken_port_is_told_and_nothing_is_remembered(environment: dict[str, str]) -> None:
    port = int(environment["HUB_SANDBOX_PORT"])
    with socket.create_server(("127.0.0.1", port + 1)):
        done = manage(environment, "--customers=20")
    assert done.returncode == 1
    assert f"GoHighLevel's port {port + 1} cannot be used (Address already in use)." in done.stderr
    assert not (Path(environment["HUB_DATA_DIR"]) / "sandbox.json").exists()
    with socket.create_server(("127.0.0.1", port)):  # the first one's is free again
        pass


WRONG = {
    "There is no switch named colour": ['--switches=ghl={"colour": 1}'],
    "There is no vendor named hubspot, only servicetitan, ghl": ["--switches=hubspot={}"],
    "'{' is not JSON": ["--switches={"],
    "'[]' is not a JSON object": ["--switches=[]"],
    "'{}' is not a JSON array": ["--faults=ghl={}"],
    "There is no fault named explode": ['--faults=[{"action": "explode"}]'],
    "--port is a number from 1 to 65532": ["--port=65533"],
    "A company has 1 customer or more": ["--customers=0"],
    "a speed is 0 or more": ["--speed=-1"],
    "Time only moves forward": ["--advance=0"],
    "No sandbox was started with the data folder": ["--advance=1"],
}


@pytest.mark.parametrize("said", WRONG)
def test_what_makes_no_sense_is_told_and_nothing_is_done(environment: dict[str, str], said: str) -> None:
    done = manage(environment, *WRONG[said])
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (Path(environment["HUB_DATA_DIR"]) / "sandbox.json").exists()


def test_time_passes_at_all_of_them_or_at_none(environment: dict[str, str]) -> None:
    remembered = Path(environment["HUB_DATA_DIR"]) / "sandbox.json"
    with served(environment, "--customers=20", "--speed=0") as sandbox:
        before = sandbox.now()
        done = manage(environment, "--advance=5", f"--port={sandbox.port + 1}")  # there some answer, and behind them nobody
        assert f"No sandbox runs on port {sandbox.port + 4}: start one with manage.py sandbox." in done.stderr
        assert sandbox.now() == before
    assert json.loads(remembered.read_text())["advanced"] == 0


def test_a_snapshot_that_is_none_stops_the_start(environment: dict[str, str]) -> None:
    with served(environment, "--customers=20") as sandbox:
        sandbox.create(email="ann@example.com")
    (Path(environment["HUB_DATA_DIR"]) / "sandbox-ghl.json").write_text("{")
    done = manage(environment)
    assert done.returncode == 1
    assert "sandbox-ghl.json is not readable" in done.stderr


def test_options_by_vendor() -> None:
    assert by_vendor(['ghl={"a": "x=y"}', '{"b": 1}'], dict) == {"ghl": {"a": "x=y"}, "servicetitan": {"b": 1}}
    assert by_vendor([], list) == {}


# --- the demo finds ports for them ---


def test_a_row_of_free_ports_is_found() -> None:
    first = free_port(19_300, 4)
    with socket.create_server(("127.0.0.1", first + 1)):
        assert free_port(first) == first
        assert free_port(first, 2) == first + 2


def test_there_is_no_port_above_the_last() -> None:
    with pytest.raises(DemoFailed, match="No row of 3 ports"):
        free_port(65_534, 3)
