"""The site, served over real HTTP, where the emulated Twilio tells what happens."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from pytest_django.fixtures import Settings

from automation.messaging import answering
from automation.messaging.webhooks import views
from config.isolation.actor import acting_as
from config.isolation.egress import guard
from config.jobs.bell import Bell
from config.sandbox.loopback import running
from tests.automation.messaging.delivery.conftest import SECRET, Office, office
from tests.backoffice.conftest import plain_settings

__all__ = ["office", "plain_settings"]
QUEUE = "celery:automation"


@dataclass
class Site:
    url: str
    office: Office

    @property
    def told(self) -> dict[str, int]:
        """How the site answered what the emulator told."""
        return dict(self.office.app.callbacks.counts)

    def settle(self) -> None:
        """What is on its way is there."""
        waiting = self.office.app.callbacks.waiting
        while waiting():
            self.office.app.closing.wait(0.01)
        views.bell.wait(10)

    def hear(self) -> int:
        self.settle()
        with acting_as("automation"):
            return answering.answer(self.office.now)

    @property
    def rung(self) -> int:
        with redis.Redis.from_url(django_settings.REDIS_URL) as bus:
            return int(bus.llen(QUEUE))


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
def site(office: Office, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    monkeypatch.setattr("config.jobs.bell.PAUSE_S", 0.05)
    monkeypatch.setattr(views, "bell", Bell("automation.answers"))
    views.complaints.forget()
    with running(_ending(get_wsgi_application())) as url:
        settings.HUB_PUBLIC_URL, settings.BACKOFFICE_TWILIO_AUTH_TOKEN = url, SECRET
        office.app.store.inbound_url = f"{url}/webhooks/twilio/inbound/"
        office.app.callbacks.opening = lambda: guard.trusted("the emulated vendor of this test calls back")
        site = Site(url, office)
        yield site
        site.settle()
    with redis.Redis.from_url(settings.REDIS_URL) as bus:
        bus.delete(QUEUE)
