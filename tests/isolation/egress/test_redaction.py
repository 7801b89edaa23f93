"""Nothing secret and nothing personal reaches a log, whoever writes it; what is neither stays readable."""

import logging
import logging.config
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from pytest_django.fixtures import Settings

from config.isolation.egress.redaction import masked

ROOT = Path(__file__).resolve().parents[3]

HIDDEN = {
    "Authorization: Bearer eyJhbGciOi.JIUzI1NiJ9.abc-_": "Authorization: Bearer [secret]",
    "bearer abcdef123456 and more": "bearer [secret] and more",
    "{'Authorization': 'Basic dXNlcjpwYXNz', 'x': 1}": "{'Authorization': 'Basic [secret]', 'x': 1}",
    "GET /x?access_token=abc&page=2": "GET /x?access_token=[secret]&page=2",
    "grant_type=refresh_token&refresh_token=r1&client_secret=s%2F1": (
        "grant_type=refresh_token&refresh_token=[secret]&client_secret=[secret]"
    ),
    '{"access_token": "abc", "expires_in": 900}': '{"access_token": "[secret]", "expires_in": 900}',
    "{'password': 'two words', 'user': 'olga'}": "{'password': '[secret]', 'user': 'olga'}",
    r'"{\"client_secret\": \"abc\"}"': r'"{\"client_secret\": \"[secret]\"}"',
    "Client(client_secret='abc', tenant=1)": "Client(client_secret=[secret]', tenant=1)",
    "redis://hub:pa55@127.0.0.1:6379/0": "redis://hub:[secret]@127.0.0.1:6379/0",
    "postgres://owner:p%40ss@db.example/hub": "postgres://owner:[secret]@db.example/hub",
    "mail to renee.taylor+x@example.co.uk failed": "mail to [e-mail] failed",
    "/contacts?email=renee%40example.com&x=1": "/contacts?email=[e-mail]&x=1",
    "call (602) 555-0140 or 602-555-0141, 602.555.0142": "call [phone] or [phone], [phone]",
    "to +16025550140 and +44 20 7946 0958.": "to [phone] and [phone].",
    "1-602-555-0140": "[phone]",
}
PLAIN = [
    "2026-11-25 16:02:05,209 WARNING servicetitan: jobs succeeded {'fetched': 6025550140}",
    "customer 6025550140 of tenant 1234567890",
    "took 1234.5678 s, 12-34-5678, 100-200-300",
    "from 2026-06-01T15:00:00+00:00 to 2026-06-01 15:00:00.123456+0000",
    "550e8400-e29b-41d4-a716-446655440000 and 10.20.30.40:5432",
    "st_sync_worker@machine: ready, celery@host",
    "Check SERVICETITAN_CLIENT_SECRET, and that the access token is new.",
    "the password is wrong; password: see the vault",
    "https://api.servicetitan.io/crm/v2/tenant/1234567890/customers?page=2&pageSize=500",
    "fence 3, txid 7345678901, 1.5 + 2.5 = 4, +12 more",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_what_is_secret_or_personal_is_masked(text: str) -> None:
    assert masked(text) == HIDDEN[text]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_neither_stays(text: str) -> None:
    assert masked(text) == text


def test_the_secrets_of_the_settings_are_masked_wherever_they_turn_up(settings: Settings) -> None:
    settings.SERVICETITAN_CLIENT_SECRET = "cs1.q/9+x"
    settings.SERVICETITAN_APP_KEY = "ak1.2z8"
    settings.SECRET_KEY = "signs sessions"
    said = masked("cs1.q/9+x cs1.q%2F9%2Bx ak1.2z8 (signs sessions)")
    assert said == "[secret] [secret] [secret] ([secret])"
    password = project.DATABASES["servicetitan"]["PASSWORD"]
    assert masked(f"FATAL: {password}") == "FATAL: [secret]"


def test_a_short_secret_does_not_blacken_ordinary_words(settings: Settings) -> None:
    settings.SERVICETITAN_CLIENT_SECRET = "sync"
    assert masked("the sync runs") == "the sync runs"


@pytest.fixture
def log() -> StringIO:
    """What the handlers of the settings write."""
    out = StringIO()
    handler = logging.StreamHandler(out)
    configuration: dict[str, Any] = project.LOGGING
    configurator = logging.config.DictConfigurator(configuration)
    handler.setFormatter(configurator.configure_formatter(configuration["formatters"]["line"]))
    logger = logging.getLogger("servicetitan.probe")
    logger.handlers, logger.propagate = [handler], False
    return out


def test_messages_arguments_and_tracebacks_are_masked(log: StringIO) -> None:
    logger = logging.getLogger("servicetitan.probe")
    logger.warning("call of %s with Bearer %s", "renee@example.com", "abcdef123456")
    try:
        raise ValueError("access_token=abcdef")
    except ValueError:
        logger.exception("failed")
    said = log.getvalue()
    assert "renee" not in said
    assert "abcdef" not in said
    assert "call of [e-mail] with Bearer [secret]" in said
    assert "ValueError: access_token=[secret]" in said


def test_urllib3_keeps_its_addresses_to_itself() -> None:
    assert not logging.getLogger("urllib3.connectionpool").isEnabledFor(logging.DEBUG)


def test_a_worker_redacts_as_well() -> None:
    """Celery would add handlers of its own to three loggers, which no formatter of ours would see."""
    program = (
        "import django, logging; django.setup()\n"
        "from config.celery import app\n"
        "from celery.utils.log import get_logger, get_task_logger\n"
        "app.log.setup(loglevel='INFO')\n"
        "from billiard.util import get_logger as of_processes\n"
        "named = get_logger('celery.app.trace'), get_task_logger('servicetitan.sync')\n"
        "for logger in (logging.getLogger(), *named, of_processes()):\n"
        "    logger.error('Bearer %s', 'abcdef123456')\n"
    )
    given = {"DATABASE_URL": "postgres://a:b@127.0.0.1/x", "REDIS_URL": "redis://127.0.0.1/0", "HUB_SECRET_KEY": "x" * 50}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | given | {"DJANGO_SETTINGS_MODULE": "config.settings"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "abcdef123456" not in done.stderr + done.stdout
    assert done.stderr.count("Bearer [secret]") == 4
