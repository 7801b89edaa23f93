"""How log lines look: for people, or one JSON object each (HUB_LOG_FORMAT). Both carry the correlation id and are masked."""

import json
import logging
from typing import Any

import structlog
from structlog.contextvars import merge_contextvars
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name
from structlog.typing import EventDict, Processor, WrappedLogger

from config.correlation import CAUSES, causes, current
from config.isolation.actor import acting_unit
from config.isolation.egress.redaction import masked

SHOWN = 8  # of a number's characters in a line for people


class Lines(logging.Formatter):
    """As `logging` writes them, with the beginning of the correlation id, and of the first cause's, where there are such."""

    def format(self, record: logging.LogRecord) -> str:
        numbers = " < ".join(number[:SHOWN] for number in (current(), *causes()[:1]) if number)
        record.correlation = f" [{numbers}]" if numbers else ""
        return masked(super().format(record))


def _unit(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Whose code wrote it."""
    event["unit"] = acting_unit().name
    return event


def _because(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    if not event.get(CAUSES):
        event.pop(CAUSES, None)
    return event


def _render(logger: WrappedLogger, method: str, event: EventDict) -> str:
    return json.dumps(event, default=str, ensure_ascii=False)


class Json(ProcessorFormatter):
    """Names: timestamp (UTC), level, logger, unit, event, correlation_id, caused_by (a list of such), exception."""

    def __init__(self, *args: Any, **options: Any) -> None:
        before: list[Processor] = [
            merge_contextvars, _because, add_log_level, add_logger_name, _unit,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ]  # fmt: skip
        after: list[Processor] = [ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, _render]
        super().__init__(foreign_pre_chain=before, processors=after)  # what a caller gives belongs to the other format

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
