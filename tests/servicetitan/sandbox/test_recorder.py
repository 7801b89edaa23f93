"""Recorded pages: the same rows as the emulator's, a second state behind the last token."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from config.sandbox.http import encode
from servicetitan.sandbox import Company
from servicetitan.sandbox.recorded import RecordedTenant, main, serving
from servicetitan.sandbox.recorder import EXPORTS, record_company
from tests.servicetitan.sandbox.caller import Check, Row

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(company: Company, tmp_path: Path) -> Path:
    record_company(company, 20, tmp_path, changed=0.1, new=0.05)
    return tmp_path


def follow(url: str, path: str, token: str = "") -> tuple[list[Row], str]:
    module, _, resource = path.partition("/")
    rows = []
    with requests.Session() as session:
        session.trust_env = False
        while True:
            query = {"from": token} if token else {}
            batch = session.get(f"{url}/{module}/v2/tenant/1/{resource}", params=query, timeout=5).json()
            rows += batch["data"]
            token = batch["continueFrom"]
            if not batch["hasMore"]:
                return rows, token


@pytest.mark.parametrize("entity", EXPORTS)
def test_the_recording_is_the_company(entity: str, company: Company, folder: Path) -> None:
    with serving(RecordedTenant(folder)) as url:
        rows, token = follow(url, EXPORTS[entity])
        assert follow(url, EXPORTS[entity], token) == ([], token)
    assert {row["id"]: row for row in rows} == {
        row["id"]: json.loads(encode(row)) for row in company.records(entity)
    }


@pytest.mark.parametrize("entity", EXPORTS)
def test_a_tenth_has_changed_and_some_are_new(
    entity: str, company: Company, folder: Path, conforms: Check
) -> None:
    tenant = RecordedTenant(folder)
    with serving(tenant) as url:
        initial, token = follow(url, EXPORTS[entity])
        tenant.state = "changed"
        later, end = follow(url, EXPORTS[entity], token)
        assert follow(url, EXPORTS[entity], end) == ([], end)
    known = {row["id"]: row for row in initial}
    changed = [row for row in later if row["id"] in known]
    assert changed
    assert len(later) > len(changed)
    for row in changed:
        assert {name for name in row if row[name] != known[row["id"]][name]} > {"modifiedOn"}


def test_tokens_and_lists_and_nothing_else(folder: Path) -> None:
    with serving(RecordedTenant(folder)) as url:
        assert requests.post(f"{url}/connect/token", data={"a": "b"}, timeout=5).json()["expires_in"] == 900
        listed = requests.get(f"{url}/jpm/v2/tenant/1/job-types?page=1", timeout=5).json()
        assert len(listed["data"]) == 24
        assert requests.get(f"{url}/crm/v2/tenant/1/customers", timeout=5).status_code == 404
        assert requests.get(f"{url}/favicon.ico", timeout=5).status_code == 404


def test_as_a_process_of_its_own(tmp_path: Path) -> None:
    main(["record", "--folder", str(tmp_path), "--customers", "15", "--page-size", "10"])
    command = [sys.executable, "-m", "servicetitan.sandbox.recorded", "serve", "--folder", str(tmp_path)]
    process = subprocess.Popen([*command, "--latency", "0.01"], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert len(follow(url, EXPORTS["jobs"])[0]) == 33
        requests.put(f"{url}/sandbox/state", json={"state": "changed"}, timeout=5)
        assert requests.get(f"{url}/sandbox/state", timeout=5).json()["state"] == "changed"
    finally:
        process.terminate()
        process.communicate(timeout=10)
