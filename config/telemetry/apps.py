from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from config.checks import SETTINGS

SDK = "opentelemetry.exporter"


class TelemetryConfig(AppConfig):
    """Starts the export where a collector is named."""

    name = "config.telemetry"
    label = "telemetry"

    def ready(self) -> None:
        if settings.OTEL_EXPORTER_OTLP_ENDPOINT and find_spec(SDK):
            import_module("config.telemetry.exporting").start(settings.OTEL_EXPORTER_OTLP_ENDPOINT, settings.HUB_UNITS)


@register(SETTINGS)
def spans_can_be_sent(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT or find_spec(SDK):
        return []
    hint = "Run pip install -r requirements-otel.txt, or remove OTEL_EXPORTER_OTLP_ENDPOINT."
    return [Error("Spans cannot be sent: OpenTelemetry's SDK is not installed.", hint=hint, id="hub.E050")]
