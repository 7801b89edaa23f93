"""Text messages by Twilio. The contract, graded: docs/twilio.md.

There is no idempotency key: a message that was accepted and whose answer was lost is found again in the provider's list,
by recipient, text and time; and its status callbacks carry our own key in their address.
"""

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import requests
from django.conf import settings

from automation.messaging.channels.base import Accepted, NotNow, Outgoing, Refused, Unclear
from config.isolation.egress.failures import kind_of, never_left, told_pause
from config.isolation.egress.session import WHOLE, UnitSession
from config.isolation.errors import IsolationError
from config.isolation.manifest import BY_NAME

UNIT = BY_NAME["automation"]
CONNECT_S = 10.0
TOO_MANY, OPTED_OUT = 20429, 21610
LOGIN = (401, 403)
PAGES = 20  # of a recipient's messages of one day

_local = threading.local()


class Twilio:
    name, can_find = "twilio", True

    @property
    def budget_s(self) -> float:
        return WHOLE * (CONNECT_S + settings.TWILIO_TIMEOUT_S)

    def send(self, out: Outgoing) -> Accepted:
        form = {"To": out.address, "Body": out.body, **_sender()}
        if settings.HUB_PUBLIC_URL:
            form["StatusCallback"] = f"{settings.HUB_PUBLIC_URL}/webhooks/twilio/status/{quote(out.key, safe='')}/"
        try:
            response = _call("POST", _messages(), data=form)
        except IsolationError as error:  # a switch, or a fence: it did not leave
            raise NotNow(str(error)) from error
        except requests.RequestException as error:
            if isinstance(error, requests.ConnectTimeout) or (isinstance(error, requests.ConnectionError) and never_left(error)):
                raise NotNow("Twilio cannot be reached.") from error
            raise Unclear(f"the call ended with: {kind_of(error)}") from error
        return _accepted(_judged(response))

    def find(self, out: Outgoing, since: datetime) -> Accepted | None:
        """The newest to this recipient with this text, made after `since` by our own account."""
        for message in self._sent_to(out.address, since):
            made = _moment(message.get("date_created"))
            if message.get("body") == out.body and made is not None and made >= since:
                return _accepted(message)
        return None

    def _sent_to(self, address: str, since: datetime) -> Iterator[Mapping[str, Any]]:
        query: dict[str, str] | None = {
            "To": address, "DateSent>": since.astimezone(UTC).date().isoformat(), "PageSize": "100",
        }  # fmt: skip
        path = _messages()
        for _ in range(PAGES):
            page = self._page(path, query)
            yield from (one for one in page.get("messages", ()) if str(one.get("direction", "")).startswith("outbound"))
            following = page.get("next_page_uri")
            if not following:
                return
            path, query = str(following), None
        raise NotNow("Twilio's list of messages to this recipient does not end.")

    def _page(self, path: str, query: dict[str, str] | None) -> Mapping[str, Any]:
        try:
            response = _call("GET", path, params=query)
            answer = response.json() if response.ok else None
        except (requests.RequestException, IsolationError, ValueError) as error:
            raise NotNow(f"Twilio could not be asked: {type(error).__name__}.") from error
        if not isinstance(answer, dict):
            raise NotNow(f"Twilio could not be asked: it answered with {response.status_code}.")
        return answer


def _call(method: str, path: str, **options: Any) -> requests.Response:
    login = (settings.TWILIO_API_KEY or settings.TWILIO_ACCOUNT_SID, settings.TWILIO_API_SECRET)
    timeout = (CONNECT_S, settings.TWILIO_TIMEOUT_S)
    return _session().request(method, f"{settings.TWILIO_API_URL}{path}", auth=login, timeout=timeout, **options)


def _session() -> UnitSession:
    if not hasattr(_local, "session"):
        _local.session = UnitSession(UNIT)
    session: UnitSession = _local.session
    return session


def _messages() -> str:
    return f"/2010-04-01/Accounts/{quote(settings.TWILIO_ACCOUNT_SID, safe='')}/Messages.json"


def _sender() -> dict[str, str]:
    if settings.TWILIO_MESSAGING_SERVICE_SID:
        return {"MessagingServiceSid": settings.TWILIO_MESSAGING_SERVICE_SID}
    return {"From": settings.TWILIO_FROM}


def _judged(response: requests.Response) -> Mapping[str, Any]:
    """The message that was made. An error in Twilio's own words is a surely-not; one in anybody else's says nothing."""
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Unclear(f"it answered with {response.status_code} and no JSON")
    if response.ok:
        if not answer.get("sid"):
            raise Unclear("it answered with success and no message")
        return answer
    code = answer.get("code")
    if response.status_code >= 500 or not isinstance(code, int):
        raise Unclear(f"it answered with {response.status_code}")
    said = f"Twilio says no (error {code})."
    if response.status_code == 429 or code == TOO_MANY:
        raise NotNow("Twilio is asked too often.", told_pause(response))
    if response.status_code in LOGIN:
        raise NotNow(f"{said} The login is refused: check TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET.", 300)
    raise Refused(said, str(code), revokes=code == OPTED_OUT)


def _accepted(message: Mapping[str, Any]) -> Accepted:
    return Accepted(str(message.get("sid", "")))  # its price comes later, if at all


def _moment(text: Any) -> datetime | None:
    """RFC 2822, as in "Thu, 24 Aug 2023 05:01:45 +0000"."""
    try:
        return parsedate_to_datetime(str(text))
    except ValueError:
        return None
