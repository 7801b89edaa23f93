"""For those who watch from outside. Runs in the web process, which reads what the agent left in Redis.

/healthz    200 while the process answers
/readyz     200 while PostgreSQL and Redis answer, 503 otherwise, with what is wrong
/metrics    the agent's last pass as Prometheus text; 503 where there is none: then the agent is silent
"""

import hmac
import json

from django.conf import settings
from django.db import Error, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from config.isolation.actor import acting_unit
from config.monitoring.book import AWAY, client
from config.monitoring.metrics import CONTENT_TYPE

LOOPBACK = ("127.0.0.1", "::1")


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    found = {"postgres": _postgres(), "redis": _redis()}
    return JsonResponse(found, status=200 if set(found.values()) == {"ok"} else 503)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_read(request):
        return HttpResponse("Send HUB_METRICS_TOKEN as a bearer token.\n", status=401, content_type="text/plain")
    try:
        found = client("backoffice").get("monitor:now")
    except AWAY:
        return HttpResponse("Redis does not answer.\n", status=503, content_type="text/plain")
    if not isinstance(found, str):
        return HttpResponse("st_monitoring_agent is silent.\n", status=503, content_type="text/plain")
    return HttpResponse(json.loads(found)["metrics"], content_type=CONTENT_TYPE)


def _may_read(request: HttpRequest) -> bool:
    """By its own address where no token is set; a proxy on this machine would open it to the world, so it then needs one."""
    if not settings.HUB_METRICS_TOKEN:
        return request.META.get("REMOTE_ADDR") in LOOPBACK and "X-Forwarded-For" not in request.headers
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {settings.HUB_METRICS_TOKEN}".encode())


def _postgres() -> str:
    try:
        with connections[acting_unit().alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return "does not answer"
    return "ok"


def _redis() -> str:
    try:
        client("backoffice").ping()
    except AWAY:
        return "does not answer"
    return "ok"
