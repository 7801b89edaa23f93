"""Spans arrive at a real collector as one trace, with nothing about people; a collector that is away disturbs nobody."""

import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as live
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Received
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from pytest_django.fixtures import Settings

from config import telemetry
from config.correlation import because_of, correlated
from config.isolation.egress.session import UnitSession
from config.isolation.errors import IsolationViolation
from config.isolation.manifest import BY_NAME
from config.jobs.queue import send
from config.sandbox.loopback import running
from config.telemetry import apps, exporting
from servicetitan.models import Delivery
from tests.isolation.egress.conftest import Vendor, vendor
from tests.jobs.processes import ROOT, Processes, environment, processes, until
from tests.servicetitan.sync.conftest import Vendor as Tenant
from tests.servicetitan.sync.conftest import vendor as tenant

__all__ = ["processes", "tenant", "vendor"]

PERSON = "ann.lee@example.com"


class Collector:
    def __init__(self) -> None:
        self.spans: list[Received] = []
        self.services: set[str] = set()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        assert environ["PATH_INFO"] == "/v1/traces"
        told = ExportTraceServiceRequest.FromString(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        for resource in told.resource_spans:
            self.services |= {one.value.string_value for one in resource.resource.attributes if one.key == "service.name"}
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]
        start_response("200 OK", [("Content-Type", "application/x-protobuf"), ("Content-Length", "0")])
        return [b""]

    def one(self, name: str) -> Received:
        (found,) = [span for span in self.spans if span.name == name]
        return found


def attributes(span: Received) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value") for one in span.attributes}


@pytest.fixture
def collector() -> Iterator[tuple[Collector, str]]:
    app = Collector()
    with running(app) as url:
        yield app, url


@contextmanager
def exported(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In this process, until the block ends."""
    monkeypatch.setattr(live, "OTEL_EXPORTER_OTLP_ENDPOINT", url)
    made = exporting.provider(url, ())
    monkeypatch.setattr(telemetry, "_tracer", made.get_tracer("hub"))
    try:
        yield
    finally:
        made.shutdown()


def test_a_command_its_task_and_their_calls_are_one_trace(
    collector: tuple[Collector, str], vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers: list[dict[str, str]] = []
    monkeypatch.setattr("config.jobs.queue.app.send_task", lambda task, kwargs, **options: headers.append(options["headers"]))
    with exported(collector[1], monkeypatch), correlated() as number:
        with telemetry.span("sync_servicetitan"):
            send("servicetitan.sync")
        with telemetry.span("servicetitan.sync", telemetry.SpanKind.CONSUMER, parent=telemetry.carried(headers[0])):
            because_of(["the-sync-1"])
            url = f"{vendor.url}/crm/v2/tenant/1/customers/123456?email={PERSON}"
            UnitSession(BY_NAME["servicetitan"]).get(url, timeout=(5, 5))
    found = collector[0]
    command, task = found.one("sync_servicetitan"), found.one("servicetitan.sync")
    call = found.one("GET /crm/v2/tenant/{id}/customers/{id}")
    assert {span.trace_id.hex() for span in found.spans} == {number}
    assert (command.parent_span_id, task.parent_span_id, call.parent_span_id) == (b"", command.span_id, task.span_id)
    assert task.kind == Received.SPAN_KIND_CONSUMER and call.kind == Received.SPAN_KIND_CLIENT
    told = attributes(call)
    assert (told["hub.unit"], told["hub.correlation_id"], told["http.response.status_code"]) == ("servicetitan", number, 200)
    assert [one.string_value for one in told["hub.caused_by"].values] == ["the-sync-1"]


def test_what_went_wrong_is_told_by_its_kind_alone(collector: tuple[Collector, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with exported(collector[1], monkeypatch), pytest.raises(ValueError, match="ann"), telemetry.span("work"):
        raise ValueError(PERSON)
    work = collector[0].one("work")
    assert attributes(work)["error.type"] == "ValueError"
    assert PERSON.encode() not in work.SerializeToString()


def test_the_fence_opens_for_the_collector_and_for_nobody_else(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as named, socket.create_server(("127.0.0.1", 0)) as other:
        settings.OTEL_EXPORTER_OTLP_ENDPOINT = f"http://127.0.0.1:{named.getsockname()[1]}"
        socket.create_connection(named.getsockname(), 5).close()
        with pytest.raises(IsolationViolation):
            socket.create_connection(other.getsockname(), 5)


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_a_worker_tells_of_its_tasks(collector: tuple[Collector, str], tenant: Tenant, processes: Processes) -> None:
    processes.start("st_sync_worker", "--concurrency=1", OTEL_EXPORTER_OTLP_ENDPOINT=collector[1])
    with correlated(uuid4().hex) as number:
        id = send("servicetitan.sync", mode="incremental", trigger="admin")
    until(lambda: Delivery.objects.filter(pk=id, state="done").exists())
    until(lambda: any(span.name == "servicetitan.sync" for span in collector[0].spans))
    task = collector[0].one("servicetitan.sync")
    feed = collector[0].one("sync jobs")
    assert feed.trace_id.hex() == task.trace_id.hex() == number and feed.parent_span_id == task.span_id
    assert attributes(feed)["hub.state"] == "succeeded" and attributes(feed)["hub.inserted"] > 0
    assert collector[0].services == {"hub-servicetitan"}


@contextmanager
def hanging() -> Iterator[str]:
    """Takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def dead() -> Iterator[str]:
    with hanging() as url:
        pass
    yield url


@pytest.mark.django_db(transaction=True, databases="__all__")
@pytest.mark.parametrize("state", [dead, hanging])
def test_a_collector_that_is_away_disturbs_nobody(state: Any) -> None:
    with state() as url:
        done = subprocess.run(
            [sys.executable, "manage.py", "switch", "--json"], cwd=ROOT, capture_output=True, text=True, timeout=120,
            env=environment() | {"OTEL_EXPORTER_OTLP_ENDPOINT": url},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(("{", "["))
    assert [line.partition(": ")[2] for line in done.stderr.splitlines() if "OpenTelemetry" in line] == [
        "The OpenTelemetry collector does not take spans: they are dropped, and nothing else is lost."
    ]
    assert "Traceback" not in done.stderr


def test_after_a_failure_it_looks_away_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    class Broken(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            tries.append(len(spans))
            raise OSError

    careful = exporting.Careful(Broken())
    assert {careful.export(()) for _ in range(5)} == {SpanExportResult.FAILURE} and len(tries) == 1
    monkeypatch.setattr(careful, "_silent_until", 0.0)
    careful.export(())
    assert len(tries) == 2


def test_without_the_library_a_check_says_what_to_do(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps, "find_spec", lambda name: None)
    assert apps.spans_can_be_sent(None) == []
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:4318"
    (error,) = apps.spans_can_be_sent(None)
    assert error.id == "hub.E050" and "requirements-otel.txt" in str(error.hint)
