"""The site, served over real HTTP, and a vendor who sends to it."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings as django_settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.egress import guard
from config.jobs.bell import Bell
from config.sandbox.loopback import running
from integrations.ghl.models import WebhookEvent
from integrations.ghl.webhooks import views
from integrations.ghl.webhooks.inbox import AskedAgain
from tests.integrations.ghl.emulated import Vendor, vendor

__all__ = ["Vendor", "vendor"]
BOTH = ("ed25519", "rsa")
QUEUE = "celery:ghl"


@dataclass
class Site:
    url: str
    vendor: Vendor

    def post(
        self, body: bytes, headers: dict[str, str] | None = None, *, method: str = "POST", path: str = "/webhooks/ghl/"
    ) -> int:
        address = urlsplit(self.url)
        with guard.trusted("this test plays the vendor"):
            connection = HTTPConnection(address.hostname or "", address.port, timeout=10)
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            response.read()
            connection.close()
        views.bell.wait(10)
        return response.status

    def send(self, event: dict[str, Any], kinds: tuple[str, ...] = BOTH, **headers: str) -> int:
        """Signed as the vendor signs."""
        body = json.dumps(event).encode()
        return self.post(body, self.signed(body, kinds) | headers)

    def signed(self, body: bytes, kinds: tuple[str, ...] = BOTH) -> dict[str, str]:
        return self.vendor.app.webhooks.signer.sign(body, kinds)

    def event(self, **values: Any) -> dict[str, Any]:
        return {
            "type": "ContactUpdate", "id": "ocQHyuzHvysMo5N5VsXc", "webhookId": str(uuid.uuid4()),
            "locationId": self.vendor.caller.location, "timestamp": timezone.now().isoformat(),
            "email": "a@example.com", "firstName": "Ann", **values,
        }  # fmt: skip

    @property
    def rung(self) -> list[str]:
        """Tasks that wait for the unit's worker."""
        with redis.Redis.from_url(django_settings.REDIS_URL) as bus:
            return [json.loads(message)["headers"]["task"] for message in bus.lrange(QUEUE, 0, -1)]

    def inbox(self) -> list[tuple[str, str]]:
        with acting_as("ghl"):
            return list(WebhookEvent.objects.order_by("received_at").values_list("type", "record_id"))


def _ending(app: Any) -> Any:
    """Each request has a thread of its own here, with connections that end with it."""

    def answer(environ: dict[str, Any], start: Any) -> list[bytes]:
        response = app(environ, start)
        try:
            return list(response)
        finally:
            response.close()
            connections.close_all()

    return answer


@pytest.fixture
def site(
    vendor: Vendor, transactional_db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Site]:
    (tmp_path / "static").mkdir()
    settings.STATIC_ROOT = tmp_path / "static"
    keys = vendor.app.webhooks.signer.public_keys()
    settings.HUB_GHL_WEBHOOK_KEY, settings.HUB_GHL_WEBHOOK_LEGACY_KEY = keys["ed25519"], keys["rsa"]
    monkeypatch.setattr("config.jobs.bell.PAUSE_S", 0.05)
    monkeypatch.setattr(views, "bell", Bell("ghl.inbound"))
    monkeypatch.setattr(views, "asked_again", AskedAgain())
    with running(_ending(get_wsgi_application())) as url:
        site = Site(url, vendor)
        assert site.rung == []
        yield site
        views.bell.wait(10)
    with redis.Redis.from_url(settings.REDIS_URL) as bus:
        bus.delete(QUEUE)
