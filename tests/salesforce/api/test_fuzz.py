"""A public fuzzer, fed with the API's own document: no server error, and no answer outside the document."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test.testcases import LiveServerThread
from ninja.throttling import SimpleRateThrottle

from salesforce.api.urls import api
from tests.mirror import people
from tests.salesforce.api.conftest import Keyed
from tests.salesforce.emulated import Pushing, Vendor

pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.slow]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,negative_data_rejection"


@pytest.fixture
def site(transactional_db: None) -> Iterator[str]:
    thread = LiveServerThread("127.0.0.1", static_handler=lambda application: application)  # type: ignore[arg-type]
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


def test_the_api_keeps_to_its_document(
    vendor: Vendor, push: Pushing, keyed: Keyed, site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(3)
    push()
    monkeypatch.setattr(SimpleRateThrottle, "allow_request", lambda self, request: True)  # limits have a test of their own
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(api.get_openapi_schema()))
    key = keyed("connect").defaults["HTTP_AUTHORIZATION"]
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")), "run", str(document), "--url", site,
            "-H", f"Authorization: {key}",
            "--checks", CHECKS, "-n", "15", "--seed", "7", "--request-timeout", "20", "--no-color",
            "--exclude-path", "/api/salesforce/disconnect",
        ],
        capture_output=True, text=True, cwd=tmp_path, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
