"""The calls of the Messages resource. Errors are in the vendor's form: {code, message, more_info, status}."""

import re
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from automation.sandbox.store import Sent, Store, plain
from automation.sandbox.switches import Switches
from config.sandbox.http import Answer, Request, json_answer

LONGEST, PAGE, MOST = 1600, 50, 1000
FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")
TRIAL = "Sent from your Twilio trial account - "
_PATH = re.compile(r"/2010-04-01/Accounts/(?P<account>[^/]+)/Messages(?:/(?P<sid>[^/]+))?\.json")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SENDER = re.compile(r"\+[1-9]\d{6,14}|MG[0-9a-f]{32}|\d{5,6}")
_LANDLINE = re.compile(r"\+1\d{3}5550199")  # a number of nobody, which stands for one that cannot get texts


class Api:
    def __init__(self, store: Store, switches: Callable[[], Switches], heard: Callable[[Sent], None]) -> None:
        self._store, self._switches, self._heard = store, switches, heard
        self._lock = threading.Lock()
        self._lately: deque[datetime] = deque()

    def answer(self, request: Request) -> Answer:
        found = _PATH.fullmatch(request.path)
        if found is None:
            return error(404, 20404, f"The requested resource {request.path} was not found")
        if not self._may(request, found["account"]):
            return error(401, 20003, "Authenticate")
        if request.method == "POST" and not found["sid"]:
            return self._create(request.form())
        if request.method != "GET":
            return error(405, 20004, "Method not allowed")
        return self._one(found["sid"]) if found["sid"] else self._list(request)

    def _may(self, request: Request, account: str) -> bool:
        """By the account's own SID, or by an API key."""
        name, secret = request.basic() or ("", "")
        known = name == self._store.account or name.startswith("SK")
        return account == self._store.account and known and secret == self._store.secret

    def _create(self, fields: dict[str, str]) -> Answer:
        to, body = fields.get("To", ""), fields.get("Body", "")
        sender = fields.get("MessagingServiceSid") or fields.get("From", "")
        if refused := self._refused(to, body, sender):
            return refused
        if self._too_many():
            answer = error(429, 20429, "Too Many Requests")
            answer.headers |= {"Retry-After": "1"} if self._switches().retry_after else {}
            return answer
        switches = self._switches()
        text = (TRIAL if switches.trial_account else "") + (plain(body) if switches.smart_encoding else body)
        sent = self._store.add(to, sender, text, fields.get("StatusCallback", ""), wanted=body)
        self._heard(sent)
        return json_answer(sent.shown(self._store.account), 201)

    def _refused(self, to: str, body: str, sender: str) -> Answer | None:
        checks: tuple[tuple[bool, int, str], ...] = (
            (not to, 21604, "A 'To' phone number is required."),
            (not sender, 21603, "A 'From' phone number is required."),
            (not body, 21602, "Message body is required."),
            (not _SENDER.fullmatch(sender), 21212, f"Invalid From Number (caller ID): {sender}"),
            (not _E164.fullmatch(to), 21211, f"Invalid 'To' Phone Number: {to}"),
            (len(body) > LONGEST, 21617, "The concatenated message body exceeds the 1600 character limit."),
            (to in self._store.opted_out, 21610, "Attempt to send to unsubscribed recipient"),
            (bool(_LANDLINE.fullmatch(to)), 21614, "'To' number is not a valid mobile number"),
        )
        return next((error(400, code, said) for wrong, code, said in checks if wrong), None)

    def _too_many(self) -> bool:
        most, now = self._switches().per_second, datetime.now(UTC)
        if not most:
            return False
        with self._lock:
            while self._lately and now - self._lately[0] > timedelta(seconds=1):
                self._lately.popleft()
            self._lately.append(now)
            return len(self._lately) > most

    def _one(self, sid: str) -> Answer:
        sent = self._store.messages.get(sid)
        return error(404, 20404, "not found") if sent is None else json_answer(sent.shown(self._store.account))

    def _list(self, request: Request) -> Answer:
        given = {name: value for name in FILTERS if (value := request.last(name))}
        try:
            size, page = min(int(request.last("PageSize") or PAGE), MOST), int(request.last("Page") or 0)
            days = {name: date.fromisoformat(value) for name, value in given.items() if name.startswith("DateSent")}
        except ValueError as wrong:
            return error(400, 20001, f"Invalid parameter: {wrong}")
        seen = self._store.clock.now() - timedelta(seconds=self._switches().list_lag)
        rows = self._store.newest(given.get("To", ""), given.get("From", ""))
        rows = [row for row in rows if row.made_at <= seen and _within(row, days)]
        part = rows[page * size : (page + 1) * size]
        more = len(rows) > (page + 1) * size
        following = f"{request.path}?{urlencode({**given, 'PageSize': size, 'Page': page + 1})}" if more else None
        shown: list[dict[str, Any]] = [row.shown(self._store.account) for row in part]
        return json_answer({"messages": shown, "page": page, "page_size": size, "next_page_uri": following})


def _within(row: Sent, days: dict[str, date]) -> bool:
    """By the day it was sent: what is still queued has none (A)."""
    if not days:
        return True
    if row.sent_at is None:
        return False
    on, until, since = (days.get(name) for name in ("DateSent", "DateSent<", "DateSent>"))
    day = row.sent_at.astimezone(UTC).date()
    return (on is None or day == on) and (until is None or day <= until) and (since is None or day >= since)


def error(status: int, code: int, said: str) -> Answer:
    return json_answer(
        {"code": code, "message": said, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}, status
    )
