"""Sending spans away, with OpenTelemetry's SDK. Loaded only where a collector is named (`config.telemetry.apps`).

A collector that is away or hangs costs spans and nothing else: they wait in a bounded queue of a thread of its own, one
failure makes the hub look away for a while, and the end of a process waits for one call at most.
"""

import atexit
import logging
import os
import re
import time
from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from config import correlation
from config.complaints import Complaints
from config.isolation.actor import acting_unit

complaints = Complaints(logging.getLogger(__name__))

TIMEOUT_S = 3.0
LOOK_AWAY_S = 30.0
EVERY_MS = 1000.0
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")


class CorrelationIds(RandomIdGenerator):
    """A trace's number is the correlation id, as long as that has the form: a line of the log leads to the trace."""

    def generate_trace_id(self) -> int:
        number = correlation.current()
        return int(number, 16) if _TRACE_ID.fullmatch(number) else super().generate_trace_id()


class WhoseAndWhy(SpanProcessor):
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        span.set_attribute("hub.unit", acting_unit().name)
        span.set_attribute("hub.correlation_id", correlation.current())
        if causes := correlation.causes():
            span.set_attribute("hub.caused_by", causes)


class Careful(SpanExporter):
    """One try, and then a pause in which spans are dropped: a process that ends would else wait for each batch in turn."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner, self._silent_until = inner, 0.0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if time.monotonic() < self._silent_until:
            return SpanExportResult.FAILURE
        try:
            result = self._inner.export(spans)
        except Exception:  # whatever it is, nobody's work may suffer
            result = SpanExportResult.FAILURE
        if result is not SpanExportResult.SUCCESS:
            self._silent_until = time.monotonic() + LOOK_AWAY_S
            complaints.add("The OpenTelemetry collector does not take spans: they are dropped, and nothing else is lost.")
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()


def provider(endpoint: str, units: Sequence[str]) -> TracerProvider:
    """`endpoint`: the collector's base URL. Headers, certificates and the sampler are the SDK's own variables."""
    service = os.environ.get("OTEL_SERVICE_NAME") or ("hub-" + units[0] if len(units) == 1 else "hub")
    made = TracerProvider(
        resource=Resource.create({SERVICE_NAME: service}), id_generator=CorrelationIds(), shutdown_on_exit=False
    )
    exporter = Careful(OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=TIMEOUT_S))
    made.add_span_processor(WhoseAndWhy())
    made.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=EVERY_MS))
    return made


def start(endpoint: str, units: Sequence[str]) -> None:
    """For the whole process, and for those that it forks."""
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # one sentence a minute is enough, and it is ours
    made = provider(endpoint, units)
    trace.set_tracer_provider(made)
    atexit.register(made.shutdown)
