"""Our side of the contract: every request we make is one the vendor's documents describe, and never too many."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jsonschema
import pytest
from pytest_django.fixtures import Settings

from config.sandbox.loopback import running
from servicetitan.entities import BY_NAME, FEEDS
from servicetitan.models import Job
from tests.servicetitan.sync.conftest import Mode, Run, State, Vendor

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

CONTRACT = Path(__file__).parents[1] / "contract"


class Witness:
    """Passes every request on and remembers it."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app
        self.closing = app.closing  # type: ignore[attr-defined]
        self.seen: list[tuple[str, str, dict[str, list[str]], dict[str, Any]]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
        self.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], query, dict(environ)))
        return self.app(environ, start_response)


def operations() -> dict[str, dict[str, Any]]:
    """Path pattern -> operation, over all documents; every schema reference resolved into the operation."""
    found = {}
    for document in CONTRACT.glob("tenant-*.json"):
        content = json.loads(document.read_text())
        base = re.sub(r"^https://[^/]+", "", content["servers"][0]["url"])
        for path, item in content["paths"].items():
            pattern = base + re.sub(r"\{\w+\}", r"\\d+", path)
            found[pattern] = item["get"] | {"components": content["components"]}
    return found


def complaint(method: str, path: str, query: dict[str, list[str]]) -> str | None:
    """What the documents have against a request."""
    operation = next((op for pattern, op in operations().items() if re.fullmatch(pattern, path)), None)
    if method != "GET" or operation is None:
        return f"{method} {path} is in no document"
    declared = {parameter["name"]: parameter for parameter in operation["parameters"] if parameter["in"] == "query"}
    for name, values in query.items():
        if name not in declared:
            return f"{path} has no parameter {name}"
        schema = declared[name]["schema"] | {"components": operation["components"]}
        if not jsonschema.Draft202012Validator(schema).is_valid(_typed(values[0], schema)):
            return f"{path}: {name}={values[0]} does not fit"
    return None


def _typed(text: str, schema: dict[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "integer" and text.isdecimal():
        return int(text)
    return {"true": True, "false": False}.get(text, text) if kind == "boolean" else text


@pytest.fixture
def witness(vendor: Vendor, settings: Settings) -> Any:
    seen = Witness(vendor.app)
    with running(seen) as address:
        settings.SERVICETITAN_API_URL = settings.SERVICETITAN_AUTH_URL = address
        yield seen


def test_every_request_is_in_the_vendors_documents(vendor: Vendor, sync: Run, witness: Witness) -> None:
    vendor.switch(wrong_types=0.1)
    sync()
    vendor.switch()
    for entity in FEEDS:
        mirrored = entity.model._default_manager.filter(active=True).first()
        assert mirrored is not None
        vendor.company.remove(entity.name, mirrored.pk)
    sync(mode=Mode.RECONCILE)
    sync(mode=Mode.SINCE, since="2026-05-01T00:00:00Z")
    tokens = [seen for seen in witness.seen if seen[1] == "/connect/token"]
    others = [seen for seen in witness.seen if seen[1] != "/connect/token"]
    assert {method for method, *_ in tokens} == {"POST"}
    assert [found for method, path, query, _ in others if (found := complaint(method, path, query))] == []
    kinds = Counter(re.sub(r"\d{4,}", "#", path).split("/tenant/#")[1] for _, path, _, _ in others)
    assert {"/export/invoices", "/customers/#", "/customers/#/contacts", "/invoices", "/tag-types", "/job-types"} <= kinds.keys()


def test_every_request_carries_token_and_key_and_asks_for_recent_changes(sync: Run, witness: Witness) -> None:
    sync("customers", "appointments")
    for _, path, query, environ in witness.seen[1:]:
        assert environ["HTTP_AUTHORIZATION"].startswith("Bearer ")
        assert environ["HTTP_ST_APP_KEY"] == "ak1.sandbox"
        assert query["includeRecentChanges"] == ["true"]
        assert ("active" in query) == ("appointments" in path)


def test_one_token_serves_all_feeds(sync: Run, vendor: Vendor) -> None:
    sync()
    assert vendor.app.traffic.calls["/connect/token"] == 1


def test_a_token_is_renewed_before_its_time(sync: Run, vendor: Vendor) -> None:
    vendor.switch(token_lifetime=1, latency=0.1, export_batch_size=10)
    ledger = sync("jobs")["jobs"]
    assert ledger.state == State.SUCCEEDED
    assert vendor.app.traffic.calls["/connect/token"] > 1
    assert vendor.app.traffic.statuses[401] == 0


def test_the_budget_is_kept_without_a_single_refusal(sync: Run, vendor: Vendor, settings: Settings) -> None:
    """The vendor's limit is 60 a second; all feeds at once stay below what is set, and near it."""
    settings.SERVICETITAN_CALLS_PER_SECOND = 50
    vendor.switch(calls_a_second=60, export_batch_size=1)
    ledgers = sync(*[entity.name for entity in FEEDS])
    report = vendor.app.traffic.report()
    calls = sum(report["calls"].values())
    assert calls > 300
    assert report["answered429"] == 0
    assert report["peakCallsInASecond"] <= 60
    assert {ledger.state for ledger in ledgers.values()} == {State.SUCCEEDED}


def test_the_budget_is_kept_while_redis_is_away(sync: Run, vendor: Vendor, settings: Settings) -> None:
    settings.REDIS_URLS = {"servicetitan": "redis://127.0.0.1:9/0"}
    settings.EMBEDDED = False
    vendor.switch(calls_a_second=60, export_batch_size=2)
    assert sync("jobs")["jobs"].state == State.SUCCEEDED
    assert vendor.app.traffic.report()["answered429"] == 0
    assert Job.objects.count() == len(vendor.truth(BY_NAME["jobs"]))
