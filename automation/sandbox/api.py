"""The calls of the Messages resource. Errors are in the vendor's form: {code, message, more_info, status}."""

import re
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from automation.sandbox.store import Sent, Store
from automation.sandbox.switches import Switches
from config.sandbox.http import Answer, Request, json_answer

LONGEST, PAGE = 1600, 50
_PATH = re.compile(r"/2010-04-01/Accounts/(?P<account>[^/]+)/Messages(?:/(?P<sid>[^/]+))?\.json")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
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
            return self._create(request)
        if request.method != "GET":
            return error(405, 20004, "Method not allowed")
        return self._one(found["sid"]) if found["sid"] else self._list(request)

    def _may(self, request: Request, account: str) -> bool:
        return account == self._store.account and request.basic() == (self._store.account, self._store.secret)

    def _create(self, request: Request) -> Answer:
        form = request.body.decode()
        fields = {name: value for name, value in _fields(form).items() if value}
        to, body = fields.get("To", ""), fields.get("Body", "")
        sender = fields.get("From") or fields.get("MessagingServiceSid", "")
        if refused := self._refused(to, body, sender):
            return refused
        with self._lock:
            if self._too_many():
                headers = {"Retry-After": "1"} if self._switches().retry_after else {}
                answer = error(429, 20429, "Too Many Requests")
                answer.headers |= headers
                return answer
            sent = self._store.add(to, sender, body, fields.get("StatusCallback", ""))
        self._heard(sent)
        return json_answer(sent.shown(self._store.account), 201)

    def _refused(self, to: str, body: str, sender: str) -> Answer | None:
        checks: tuple[tuple[bool, int, str], ...] = (
            (not to, 21604, "A 'To' phone number is required."),
            (not sender, 21603, "A 'From' phone number is required."),
            (not body, 21602, "Message body is required."),
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
        while self._lately and now - self._lately[0] > timedelta(seconds=1):
            self._lately.popleft()
        self._lately.append(now)
        return len(self._lately) > most

    def _one(self, sid: str) -> Answer:
        sent = self._store.messages.get(sid)
        return error(404, 20404, "not found") if sent is None else json_answer(sent.shown(self._store.account))

    def _list(self, request: Request) -> Answer:
        size, page = int(request.last("PageSize") or PAGE), int(request.last("Page") or 0)
        seen = self._store.clock.now() - timedelta(seconds=self._switches().list_lag)
        address, since = request.last("To"), request.last("DateSent>")
        rows = self._store.to(address) if address else list(reversed(self._store.messages.values()))
        rows = [row for row in rows if row.made_at <= seen and (not since or row.made_at.date() >= date.fromisoformat(since))]
        part = rows[page * size : (page + 1) * size]
        query = {name: request.last(name) for name in ("To", "DateSent>", "PageSize") if request.last(name)}
        more = len(rows) > (page + 1) * size
        following = f"{request.path}?{urlencode({**query, 'Page': page + 1})}" if more else None
        shown: list[dict[str, Any]] = [row.shown(self._store.account) for row in part]
        return json_answer({"messages": shown, "page": page, "page_size": size, "next_page_uri": following})


def _fields(form: str) -> dict[str, str]:
    return Request("POST", "", {}, {}, form.encode()).form()


def error(status: int, code: int, said: str) -> Answer:
    return json_answer(
        {"code": code, "message": said, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}, status
    )
