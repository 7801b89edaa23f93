import json
import os
import subprocess
import sys
from pathlib import Path

from tests.embedded.helpers import ROOT


def embedded(data_dir: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    added = {"DJANGO_SETTINGS_MODULE": "tests.embedded.minimal_settings", "TEST_DATA_DIR": str(data_dir)}
    return subprocess.run(
        [sys.executable, "-m", "django", "embedded", *words],
        cwd=ROOT,
        env={**os.environ, **added, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_start_status_stop(place: Path) -> None:
    hub = place / "hub"

    assert "Not set up yet" in embedded(hub, "status").stdout
    started = embedded(hub, "start").stdout.splitlines()
    assert [line.split(":")[1].split(" on ")[0] for line in started] == [" running", " running"]
    shown = json.loads(embedded(hub, "status", "--json").stdout)
    assert [(s["name"], s["running"]) for s in shown["servers"]] == [("postgres", True), ("redis", True)]
    assert embedded(hub, "stop").stdout == "postgres: stopped\nredis: stopped\n"
    shown = json.loads(embedded(hub, "status", "--json").stdout)
    assert [(s["running"], s["pid"]) for s in shown["servers"]] == [(False, None), (False, None)]


def test_with_servers_of_somebody_else_it_touches_nothing(place: Path) -> None:
    refused = embedded(place / "hub", "start", TEST_EMBEDDED="no")

    assert refused.returncode == 1
    assert "DATABASE_URL and REDIS_URL are set" in refused.stderr
    assert not (place / "hub").exists()


def test_what_goes_wrong_is_one_sentence(place: Path) -> None:
    failed = embedded(place / "hub", "start", HUB_PG_BIN=str(place))

    assert failed.returncode == 1
    assert failed.stderr.startswith("CommandError: HUB_PG_BIN has no server program at")
    assert "Traceback" not in failed.stderr
