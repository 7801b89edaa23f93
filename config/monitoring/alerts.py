"""Telling people: e-mail, a Slack-compatible webhook, a generic webhook. What cannot be sent is tried again for a day."""

import logging
import smtplib
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from django.conf import settings

from config import mail
from config.isolation.egress.session import UnitSession
from config.isolation.errors import EgressRefused
from config.isolation.manifest import BY_NAME
from config.monitoring.book import Pending

log = logging.getLogger(__name__)

TIMEOUT = (5, 10)
PAUSES_S = (30, 60, 300, 900)  # then each hour
GIVE_UP_AFTER = 30  # tries: about a day
SIGNS = {"raised": "\N{LARGE RED CIRCLE}", "moved": "\N{LARGE RED CIRCLE}", "reminder": "\N{LARGE ORANGE CIRCLE}",
         "recovered": "\N{LARGE GREEN CIRCLE}", "test": "\N{LARGE BLUE CIRCLE}"}  # fmt: skip
FAILURES = (OSError, smtplib.SMTPException, requests.RequestException, EgressRefused, ValueError)

Send = Callable[[Mapping[str, Any]], None]


def channels() -> dict[str, Send]:
    """Those that are configured."""
    known: dict[str, tuple[str, Send]] = {
        "e-mail": (settings.MONITOR_EMAIL_TO and settings.MONITOR_EMAIL_URL, _mail),
        "slack": (settings.MONITOR_SLACK_URL, _slack),
        "webhook": (settings.MONITOR_WEBHOOK_URL, _webhook),
    }
    return {name: send for name, (given, send) in known.items() if given}


def send_due(pending: list[Pending], now: float) -> list[Pending]:
    """Send what is due; returns what is left to send later."""
    ways = channels()
    return [left for one in pending if (left := _try(one, ways, now)) is not None]


def _try(one: Pending, ways: Mapping[str, Send], now: float) -> Pending | None:
    if one.next_try > now:
        return one
    failed = [name for name in one.channels if name in ways and not _sent(name, ways[name], one.word)]
    tries = one.tries + 1
    if not failed or tries >= GIVE_UP_AFTER:
        return None
    pause = PAUSES_S[min(tries, len(PAUSES_S)) - 1] if tries <= len(PAUSES_S) else 3600
    return Pending(one.word, failed, tries, now + pause)


def send_test(name: str) -> bool:
    """A word that says it is none."""
    text = "This is a test: alerts of the integration hub arrive here."
    return _sent(name, channels()[name], {"kind": "test", "text": text, "incident": {}})


def _sent(name: str, send: Send, word: Mapping[str, Any]) -> bool:
    try:
        send(word)
    except FAILURES as error:
        log.warning("An alert could not be sent by %s: %s", name, _quiet(error))
        return False
    return True


def _quiet(error: Exception) -> str:
    """Without addresses: a webhook's is its password."""
    return type(error).__name__ if isinstance(error, requests.RequestException | EgressRefused) else str(error)[:200]


def _slack(word: Mapping[str, Any]) -> None:
    _post(settings.MONITOR_SLACK_URL, {"text": f"{SIGNS.get(word['kind'], '')} {word['text']}"})


def _webhook(word: Mapping[str, Any]) -> None:
    """`event`, `text` for people, and the incident: id, cause, suffering, opened and closed (seconds since 1970)."""
    incident = {name: value for name, value in word["incident"].items() if name not in ("told", "last_told")}
    _post(settings.MONITOR_WEBHOOK_URL, {"event": word["kind"], "text": word["text"], "incident": incident})


def _post(url: str, body: Mapping[str, Any]) -> None:
    with UnitSession(BY_NAME["monitor"]) as session:
        response = session.post(url, json=body, timeout=TIMEOUT)
    if not response.ok:
        raise ValueError(f"it answered with {response.status_code}")


def _mail(word: Mapping[str, Any]) -> None:
    """By MONITOR_EMAIL_URL: smtp://, smtp+starttls:// or smtps://."""
    login = unquote(urlsplit(settings.MONITOR_EMAIL_URL).username or "")
    message = EmailMessage()
    text = str(word["text"])
    message["Subject"] = f"[{word['kind']}] {text.splitlines()[0]}"[:140]
    message["From"] = settings.MONITOR_EMAIL_FROM or login or "hub@localhost"
    message["To"] = settings.MONITOR_EMAIL_TO
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="hub.invalid")
    message.set_content(f"{text}\n")
    with mail.logged_in(settings.MONITOR_EMAIL_URL, TIMEOUT[1]) as server:
        server.send_message(message)
