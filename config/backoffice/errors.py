"""Pages for what went wrong. Django asks for them by name in `config.urls`."""

import sys

import redis
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django_redis.exceptions import ConnectionInterrupted  # type: ignore[import-untyped] # ships no types

from config.embedded import EmbeddedError

REDIS_AWAY = (redis.RedisError, ConnectionInterrupted)
DATABASE_AWAY = (OperationalError, InterfaceError)


def server_error(request: HttpRequest) -> HttpResponse:
    """Says which server does not answer, where that was it. Reads neither session nor database."""
    error = sys.exc_info()[1]
    name = _away(error)
    if name is None:
        return HttpResponse(render_to_string("500.html"), status=500)
    page = render_to_string("backoffice/away.html", {"name": name})
    return HttpResponse(page, status=503, headers={"Retry-After": "30"})


def _away(error: BaseException | None) -> str | None:
    if isinstance(error, REDIS_AWAY):
        return "Redis"
    if isinstance(error, DATABASE_AWAY):
        return "The database"
    return "One of the hub's own servers" if isinstance(error, EmbeddedError) else None
