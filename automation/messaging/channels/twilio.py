"""Text messages by Twilio. The contract, graded: docs/twilio.md.

There is no idempotency key: a message that was accepted and whose answer was lost is found again in the provider's list,
by recipient, text and time; and its status callbacks carry our own key in their address.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import requests
from django.conf import settings

from automation.messaging.channels.base import Accepted, IsAnothers, NotNow, Outgoing, Refused, Unclear, nobodys
from automation.messaging.webhooks.links import status_url
from config.isolation.egress.failures import kind_of, never_left, told_pause
from config.isolation.egress.session import WHOLE, UnitSession
from config.isolation.errors import IsolationError
from config.isolation.manifest import BY_NAME
from config.isolation.switches import PATIENCE_S

UNIT = BY_NAME["automation"]
CONNECT_S = 10.0
PAGES, PAGE_SIZE = 20, 1000  # of a recipient's messages
TOO_MANY, OPTED_OUT = 20429, 21610
LOGIN = (401, 403)

# Of the recipient or of the text: no other try would change them. Everything else is about the account or the sender,
# and people may put it right.
NEVER = {
    21211: "The number is not valid.",
    21265: "The number is a short code.",
    21408: "The account may not send to the number's country.",
    21602: "The text is empty.",
    21604: "There is no number.",
    OPTED_OUT: "The person has opted out: they wrote STOP.",
    21612: "The number cannot be reached from the sender's.",
    21614: "The number is not a mobile one.",
    21617: "The text is longer than 1,600 characters.",
    21635: "The number is a landline.",
}
OURS_PAUSE_S = 300.0

_local = threading.local()


class Twilio:
    name, can_find = "twilio", True

    @property
    def budget_s(self) -> float:
        return PATIENCE_S + WHOLE * (CONNECT_S + settings.TWILIO_TIMEOUT_S)  # the first waits for the kill switch

    def send(self, out: Outgoing) -> Accepted:
        form = {"To": out.address, "Body": out.body, **_sender()}
        if settings.HUB_PUBLIC_URL:
            form["StatusCallback"] = status_url(out.key)
        try:
            response = _call("POST", _messages(), data=form)
        except IsolationError as error:  # a switch, or a fence: it did not leave
            raise NotNow(str(error)) from error
        except requests.RequestException as error:
            if isinstance(error, requests.ConnectTimeout) or (isinstance(error, requests.ConnectionError) and never_left(error)):
                raise NotNow("Twilio cannot be reached.") from error
            raise Unclear(f"the call ended with: {kind_of(error)}") from error
        return _accepted(_judged(response))

    def find(self, out: Outgoing, since: datetime, is_anothers: IsAnothers = nobodys) -> Accepted | None:
        """The newest to this recipient with this text, made since then by our own account.

        None lets it be sent again: so it takes two answers, as one could be that of another call (a cache, a proxy).
        """
        for _ in range(2):
            sent = (one for one in self._sent_to(out.address, since) if _is_text(str(one.get("body")), out.body))
            if found := next((one for one in map(_accepted, sent) if not is_anothers(one.provider_id)), None):
                return found
        return None

    def _sent_to(self, address: str, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Not asked by day: what is queued has not been sent on any. The newest come first, give or take some on a page."""
        path, query = _messages(), {"To": address, "PageSize": str(PAGE_SIZE)}
        for _ in range(PAGES):
            page = self._page(path, query)
            late = [one for one in _to(address, page) if _is_since(one, since)]
            yield from (one for one in late if str(one.get("direction", "")).startswith("outbound"))
            following = page.get("next_page_uri")
            if not following or not late:
                return
            path, query = str(following), {}
        raise NotNow("Twilio's list of messages to this recipient does not end.")

    def _page(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            response = _call("GET", path, params=query)
            answer = response.json() if response.ok else None
        except (requests.RequestException, IsolationError, ValueError) as error:
            raise NotNow(f"Twilio could not be asked: {type(error).__name__}.") from error
        if not isinstance(answer, dict):
            raise NotNow(f"Twilio could not be asked: it answered with {response.status_code}.")
        return answer


def _to(address: str, page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    messages = page.get("messages")
    if not isinstance(messages, list) or any(not isinstance(one, dict) or one.get("to") != address for one in messages):
        raise NotNow("Twilio could not be asked: it answered with something else than messages to this recipient.")
    return messages


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
    raise _no(response, code)


def _no(response: requests.Response, code: int) -> NotNow | Refused:
    if response.status_code == 429 or code == TOO_MANY:
        return NotNow("Twilio is asked too often.", told_pause(response))
    if response.status_code in LOGIN:
        hint = "check TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET"
        return NotNow(f"Twilio refuses the login (error {code}): {hint}.", OURS_PAUSE_S)
    if code in NEVER:
        return Refused(f"Twilio refuses it: {NEVER[code]} (Error {code}.)", str(code), revokes=code == OPTED_OUT)
    return NotNow(f"Twilio refuses it for now: its documentation explains error {code}.", OURS_PAUSE_S)


def _accepted(message: Mapping[str, Any]) -> Accepted:
    return Accepted(str(message.get("sid", "")))  # its price comes later, if at all


def _is_since(message: Mapping[str, Any], since: datetime) -> bool:
    """By when it was made: RFC 2822, as in "Thu, 24 Aug 2023 05:01:45 +0000". What says nothing may be it."""
    try:
        return parsedate_to_datetime(str(message.get("date_created"))) >= since
    except (ValueError, TypeError):
        return True


def _is_text(theirs: str, ours: str) -> bool:
    """Twilio may write quotes and dashes plainly (Smart Encoding), and puts a line of its own before texts of trial accounts."""
    wanted = _letters(ours)
    return theirs == ours or bool(wanted and _letters(theirs).endswith(wanted))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()
