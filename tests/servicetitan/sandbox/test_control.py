"""The sandbox's own controls, and the sandbox as the command builds it."""

from dataclasses import replace

import pytest

from config.sandbox.loopback import running
from config.sandbox.origin import Origin
from config.sandbox.vendors import Start
from servicetitan.sandbox import Company, Credentials, Sandbox
from servicetitan.sandbox.command import emulator
from tests.servicetitan.sandbox.caller import Caller


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


def test_loopback_only(app: Sandbox) -> None:
    with pytest.raises(ValueError, match="loopback"), running(app, host="0.0.0.0"):
        pass


def test_the_command_builds_what_was_asked_for() -> None:
    start = Start(
        Origin(records=2_400, seed=5, activity=0.5, start="2026-06-01T15:00:00+00:00", advanced=2),
        url="http://127.0.0.1:1",
        speed=0,
        switches={"export_batch_size": 7},
        faults=({"action": "cut"},),
        credentials={
            "SERVICETITAN_TENANT_ID": "42",
            "SERVICETITAN_CLIENT_ID": "cid",
            "SERVICETITAN_CLIENT_SECRET": "cs",
            "SERVICETITAN_APP_KEY": "ak",
        },
    )
    built = emulator(start)
    assert isinstance(built.app, Sandbox)
    company = built.app.company.describe()
    assert (company["counts"]["customers"], company["seed"], company["now"]) == (200, 5, "2026-06-01T17:00:00Z")
    assert built.app.switches.export_batch_size == 7
    assert built.app.faults.report()["rules"][0]["action"] == "cut"
    assert built.app.credentials == Credentials(42, "cid", "cs", "ak")
    assert built.settings == start.credentials | {f"SERVICETITAN_{name}_URL": start.url for name in ("API", "AUTH")}  # type: ignore[operator] # a dict
    assert emulator(replace(start, credentials={})).settings["SERVICETITAN_APP_KEY"] == Credentials().app_key
