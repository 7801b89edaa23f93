"""Spans for who has an OpenTelemetry collector: what took how long and what called what, from process to process.

Only the hub's own seams make spans (commands, tasks, web requests, vendors' calls, runs, messages), by hand: what instruments
a library by itself would export queries, bodies and people's addresses. A span holds names, counts and numbers of the hub's
own, and of an error its kind. Unless OTEL_EXPORTER_OTLP_ENDPOINT is set, the API's spans do nothing; the SDK is not loaded.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

__all__ = ["Span", "SpanKind", "carried", "carrier", "span"]

_tracer = trace.get_tracer("hub")
_w3c = TraceContextTextMapPropagator()


@contextmanager
def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, attributes: Attributes = None, parent: Context | None = None
) -> Iterator[Span]:
    """The block as a span. It may get attributes until it ends: `span.set_attribute("hub.changes", 3)`."""
    with _tracer.start_as_current_span(
        name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:  # its words may be about a person
            current.set_status(StatusCode.ERROR)
            current.set_attribute("error.type", type(error).__name__)
            raise


def carrier() -> dict[str, str]:
    """Headers that take the current span to another process; none where there is none."""
    headers: dict[str, str] = {}
    _w3c.inject(headers)
    return headers


def carried(headers: Mapping[str, str]) -> Context:
    """The span that `carrier` put there, as `parent`."""
    return _w3c.extract(headers, Context())
