"""The sandbox's own controls, and the service as the command starts it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from config.sandbox.server import address_of, bind
from servicetitan.sandbox import Company, Credentials, Sandbox
from servicetitan.sandbox.command import Options, build
from tests.servicetitan.sandbox.caller import Caller

ROOT = Path(__file__).parents[3]


def test_state(caller: Caller) -> None:
    caller.get("jpm/jobs")
    state = caller.control("GET", "state").json
    assert state["company"]["counts"]["customers"] == 40
    assert state["company"]["now"] == "2026-06-01T15:00:00Z"
    assert state["traffic"]["calls"][f"/jpm/v2/tenant/{caller.tenant}/jobs"] == 1
    assert state["switches"]["export_batch_size"] == 25
    assert state["faults"] == {"rules": [], "fired": {}}


def test_single_records_are_counted_together(company: Company, caller: Caller) -> None:
    for row in list(company.records("jobs"))[:3]:
        caller.get(f"jpm/jobs/{row['id']}")
    calls = caller.control("GET", "state").json["traffic"]["calls"]
    assert calls[f"/jpm/v2/tenant/{caller.tenant}/jobs/{{id}}"] == 3


def test_controls_are_not_counted(caller: Caller) -> None:
    caller.control("GET", "state")
    assert caller.control("GET", "state").json["traffic"]["calls"] == {}


def test_switches(caller: Caller) -> None:
    reply = caller.control(
        "PUT", "switches", {"export_batch_size": 3, "scopes": ["tn.jpm.jobs:r"], "latency": 0}
    )
    assert reply.json["export_batch_size"] == 3
    assert len(caller.get("jpm/export/jobs").json["data"]) == 3
    assert caller.get("crm/customers").status == 403
    assert caller.control("PUT", "switches", {"no_such": 1}).status == 400


def test_faults(caller: Caller) -> None:
    assert (
        caller.control("PUT", "faults", [{"action": "status", "status": 418, "path": "jobs"}]).status == 200
    )
    assert caller.get("jpm/jobs").status == 418
    assert caller.control("PUT", "faults", [{"action": "nonsense"}]).status == 400
    assert caller.control("PUT", "faults", []).json["rules"] == []


def test_advance(caller: Caller) -> None:
    assert caller.control("POST", "advance", {"hours": 48}).json["now"] == "2026-06-03T15:00:00Z"
    assert caller.control("POST", "advance", {"hours": -1}).status == 400
    assert caller.control("POST", "advance", {}).status == 404


def test_records_and_remove(company: Company, caller: Caller) -> None:
    row = next(company.records("jobs"))
    assert caller.control("GET", f"records/jobs/{row['id']}").json == row
    assert caller.control("POST", "remove", {"entity": "jobs", "id": row["id"]}).status == 200
    assert caller.control("GET", f"records/jobs/{row['id']}").status == 404


def test_expire(caller: Caller) -> None:
    assert caller.get("jpm/jobs").status == 200
    caller.control("POST", "expire", {})
    assert caller.get("jpm/jobs").status == 401


def test_reset(app: Sandbox, caller: Caller) -> None:
    first = caller.get("jpm/export/jobs").json
    caller.control("POST", "advance", {"hours": 500})
    caller.control("PUT", "switches", {"export_batch_size": 1})
    caller.control("PUT", "faults", [{"action": "status"}])
    state = caller.control("POST", "reset", {}).json
    assert state["company"]["events"] == 0
    caller.token = None
    assert caller.get("jpm/export/jobs").json == first


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"x"', b"7"])
def test_rubbish(caller: Caller, body: bytes) -> None:
    assert caller.raw("PUT", "/sandbox/switches", body=body).status == 400
    assert caller.raw("DELETE", "/sandbox/state").status == 404


def test_only_callers_on_this_machine(caller: Caller) -> None:
    assert caller.raw("GET", "/sandbox/state", caller="192.0.2.7").status == 404


def test_loopback_only() -> None:
    with pytest.raises(ValueError, match="loopback"):
        bind("0.0.0.0")
    with bind() as listener:
        assert address_of(listener).startswith("http://127.0.0.1:")


def test_options() -> None:
    sandbox = build(
        Options(
            records=2_400,
            seed=5,
            speed=0,
            switches={"export_batch_size": 7},
            faults=({"action": "cut"},),
            credentials=Credentials(tenant=42),
        )
    )
    assert sandbox.company.counts()["customers"] == 200
    assert sandbox.switches.export_batch_size == 7
    assert sandbox.credentials.tenant == 42
    assert sandbox.faults.report()["rules"][0]["action"] == "cut"


SERVICE = """
from servicetitan.sandbox.command import Options, run
run(Options(customers=20, speed=0))
"""


def test_the_service_under_gunicorn() -> None:
    """One process with keep-alive whose state is shared by all calls; connections can be cut there too."""
    process = subprocess.Popen([sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().split()[-1]
        with requests.Session() as session:
            session.trust_env = False
            before = session.get(f"{url}/sandbox/state", timeout=10)
            assert before.headers["Connection"] == "keep-alive"
            session.post(f"{url}/sandbox/advance", json={"hours": 5}, timeout=10)
            after = session.get(f"{url}/sandbox/state", timeout=10).json()
            assert after["company"]["now"] != before.json()["company"]["now"]
            rules = [{"action": action, "path": "token"} for action in ("cut", "drop", "wrong_length")]
            session.put(f"{url}/sandbox/faults", json=rules, timeout=10)
            for _ in rules:
                with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
                    session.post(f"{url}/connect/token", timeout=10)
            assert session.post(f"{url}/connect/token", timeout=10).status_code == 400
    finally:
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=20)
