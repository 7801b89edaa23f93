"""What a newcomer does first, on servers of its own, from nothing."""

import http.cookiejar
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from config.isolation.egress import guard

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Nothing set but where the data go; what was started is stopped."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    folder = tmp_path_factory.mktemp("demo")
    environment = kept | {"HUB_DATA_DIR": str(folder / "hub"), "HUB_ENV_FILE": os.devnull, "HUB_SANDBOX_PORT": "18901"}
    yield environment
    subprocess.run([sys.executable, "manage.py", "embedded", "stop"], cwd=ROOT, env=environment, check=True, capture_output=True)


def test_once_as_json(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--once", "--json", "--customers=40"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["ok"] is True
    first = {run["entity"]: run["inserted"] for run in summary["first_sync"]["entities"]}
    assert first["customers"] == 40
    assert all(first[name] > 0 for name in ("contacts", "jobs", "appointments", "estimates", "invoices", "technicians"))
    assert sum(run["inserted"] + run["updated"] for run in summary["second_sync"]["entities"]) > 0
    ghl = summary["first_sync"]["ghl"]
    assert ghl["created"] >= 40 and ghl["failed"] == 0
    to_salesforce = summary["first_sync"]["salesforce"]
    assert to_salesforce["created"] + to_salesforce["skipped"] == 40 and to_salesforce["failed"] == 0
    assert summary["second_sync"]["ghl"]["created"] + summary["second_sync"]["ghl"]["updated"] > 0


def test_running_it_serves_the_back_office_until_told_to_end(environment: dict[str, str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--customers=20", "--port=18123"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    lines: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lines.extend, args=(process.stdout,))
    reader.start()
    try:
        deadline = time.monotonic() + 90
        while not any("Password:" in line for line in lines):
            assert time.monotonic() < deadline, lines
            assert process.poll() is None, lines
            time.sleep(0.1)
        address = re.search(r"http://\S+/admin/", "".join(lines))
        password = re.search(r"Password:\s+(\S+)", "".join(lines))
        assert address
        assert password
        with guard.trusted("looks at the demo as a browser does"):
            assert log_in(address[0], password[1])
        while not any("api_worker is ready for tasks of: salesforce." in line for line in lines):
            assert time.monotonic() < deadline, lines
            time.sleep(0.1)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(40)
        reader.join()
        process.stdout.close()
    assert process.returncode == 0


def log_in(address: str, password: str) -> bool:
    """Whether the printed login leads to the page behind it."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    form = browser.open(f"{address}login/?next=/admin/", timeout=20).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token
    fields = {"username": "admin", "password": password, "csrfmiddlewaretoken": token[1], "next": "/admin/"}
    answer = browser.open(f"{address}login/?next=/admin/", urlencode(fields).encode(), timeout=20)
    return bool(answer.url == address and answer.status == 200)
