"""One number for everything that came of the same request, command or scheduled task: in every log line, from process to process.

It travels in the headers of tasks and of web requests, and is stored with runs and with what became of tasks; so a line of
a log leads to the run in the admin, and back. Who works on changes that others brought says so with `because_of`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars

NAME, CAUSES = "correlation_id", "caused_by"
TASK_HEADER = "hub_correlation"
WEB_HEADER = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9_-]{8,64}")


@contextmanager
def correlated(given: str | None = None) -> Iterator[str]:
    """Run the block under one number: the `given` one where it is one, else a new one. New threads copy the context."""
    number = given if given and _SANE.fullmatch(given) else uuid4().hex
    with bound_contextvars(**{NAME: number, CAUSES: ()}):
        yield number


def current() -> str:
    """'' outside of any block."""
    return str(get_contextvars().get(NAME, ""))


def because_of(numbers: Iterable[str]) -> None:
    """For the rest of the block: what is done follows from what was done under these numbers."""
    bind_contextvars(**{CAUSES: tuple(dict.fromkeys(number for number in numbers if number and number != current()))})


def causes() -> tuple[str, ...]:
    return tuple(get_contextvars().get(CAUSES, ()))


def correlation_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A request keeps the number that a proxy gave it, and the answer tells it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with correlated(request.headers.get(WEB_HEADER)) as number:
            response = get_response(request)
            response.headers[WEB_HEADER] = number
            return response

    return middleware
