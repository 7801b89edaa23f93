"""What the vendor tells of its own accord, from one thread: how a message fares, and what people answer. To this machine only."""

import base64
import hashlib
import heapq
import hmac
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPException
from itertools import count
from urllib.parse import urlencode, urlsplit

from automation.sandbox.store import API, INBOUND, ON_THE_WAY, Sent, Store
from automation.sandbox.switches import Switches
from config.sandbox.chance import hits, salt
from config.sandbox.moments import SECOND

_POLL = 0.02
HERE = ("127.0.0.1", "localhost", "::1")
STOP = ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout")
START, HELP = ("start", "yes", "unstop"), ("help", "info")
FRENCH = "arret"  # a word of the account's own


@dataclass(order=True)
class _Letter:
    due: int
    number: int
    act: Callable[[], object] = field(compare=False)


class Callbacks:
    def __init__(self, store: Store, switches: Callable[[], Switches], closing: threading.Event) -> None:
        self._store, self._switches, self._closing = store, switches, closing
        self.opening: Callable[[], AbstractContextManager[object]] = nullcontext
        self.counts: Counter[str] = Counter()
        self._letters: list[_Letter] = []
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._busy = False
        self._thread: threading.Thread | None = None

    def heard(self, sent: Sent) -> None:
        """A message was made: it goes its way, and its recipient may answer."""
        self._goes(sent)
        switches, who = self._switches(), int(hashlib.sha256(sent.to.encode()).hexdigest()[:8], 16)
        for share, text in ((switches.stop, "STOP"), (switches.reply, "Thanks! Can somebody call me this afternoon?")):
            if hits(share, salt(1, text), who):
                self._later(switches.answer_after, partial(self.write, sent.to, sent.sender, text))
                return

    def resume(self) -> None:
        """After a restart: what was on its way goes on."""
        for sent in self._store.newest():
            if sent.direction == API and sent.state in ON_THE_WAY:
                self._goes(sent)

    def write(self, person: str, to: str, text: str) -> str:
        """Somebody writes to one of the account's numbers: that of the last message. Returns the message's sid."""
        meaning = self._meaning(text)
        if meaning in ("STOP", "START"):
            self._store.opts(person, out=meaning == "STOP")
        got = self._store.add(to or next((one.sender for one in self._store.newest(person)), ""), person, text, direction=INBOUND)
        values = {"MessageSid": got.sid, "SmsSid": got.sid, "AccountSid": self._store.account, "From": person, "To": got.to,
                  "Body": text, "NumMedia": "0", "NumSegments": "1", "ApiVersion": "2010-04-01"}  # fmt: skip
        if meaning and self._switches().advanced_opt_out:
            values["OptOutType"] = meaning
        if self._store.inbound_url:
            self._later(0, lambda: self._post(self._store.inbound_url, values))
        return got.sid

    def _meaning(self, text: str) -> str:
        """Only a word alone is one."""
        word = text.strip().lower()
        stop = (*STOP, FRENCH) if self._switches().advanced_opt_out else STOP
        return next((name for name, words in (("STOP", stop), ("START", START), ("HELP", HELP)) if word in words), "")

    def waiting(self) -> int:
        with self._lock:
            return len(self._letters) + self._busy

    def forget(self) -> None:
        with self._lock:
            self._letters.clear()
        self.counts.clear()

    def _goes(self, sent: Sent) -> None:
        switches = self._switches()
        failed = hits(switches.undelivered, salt(1, "undelivered"), int(sent.sid[2:10], 16))
        if sent.state == "queued":
            self._later(switches.sent_after, partial(self._becomes, sent, "sent"))
        last, code = ("undelivered", 30003) if failed else ("delivered", None)
        self._later(switches.sent_after + switches.delivered_after, partial(self._becomes, sent, last, code))

    def _becomes(self, sent: Sent, state: str, code: int | None = None) -> None:
        self._store.becomes(sent, state, code)
        if not sent.callback:
            return
        values = {"MessageSid": sent.sid, "MessageStatus": state, "SmsSid": sent.sid, "SmsStatus": state, "To": sent.to,
                  "From": sent.sender, "AccountSid": self._store.account, "ApiVersion": "2010-04-01"}  # fmt: skip
        if code is not None:
            values["ErrorCode"] = str(code)
        switches, number = self._switches(), next(self._numbers)
        if hits(switches.callback_lost, salt(1, "lost"), number):
            self.counts["lost"] += 1
            return
        self._post(sent.callback, values)
        if hits(switches.callback_twice, salt(1, "twice"), number):
            self._post(sent.callback, values)
        if hits(switches.callback_forged, salt(1, "forged"), number):
            forged = values | {"MessageStatus": "failed"}
            self._post(sent.callback, forged, signature=sign(sent.callback, forged, "wrong"))

    def _later(self, seconds: float, act: Callable[[], object]) -> None:
        with self._lock:
            due = self._store.clock.ticks() + int(seconds * SECOND)
            heapq.heappush(self._letters, _Letter(due, next(self._numbers), act))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, daemon=True, name="twilio-callbacks")
                self._thread.start()

    def _work(self) -> None:
        while not self._closing.is_set():
            with self._lock:
                ready = bool(self._letters) and self._letters[0].due <= self._store.clock.ticks()
                letter = heapq.heappop(self._letters) if ready else None
                self._busy = letter is not None
            if letter is None:
                self._closing.wait(_POLL)
            else:
                letter.act()

    def _post(self, url: str, values: Mapping[str, str], signature: str = "") -> None:
        address = urlsplit(url)
        if address.hostname not in HERE:
            self.counts["elsewhere"] += 1
            return
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                   "X-Twilio-Signature": signature or sign(url, values, self._store.secret)}  # fmt: skip
        path = f"{address.path or '/'}{f'?{address.query}' if address.query else ''}"
        try:
            connection = HTTPConnection(address.hostname or "", address.port or 80, timeout=5)
            with self.opening(), closing(connection):
                connection.request("POST", path, urlencode(values), headers)
                self.counts[str(connection.getresponse().status)] += 1
        except (OSError, HTTPException):
            self.counts["nobody"] += 1


def sign(url: str, values: Mapping[str, str], secret: str) -> str:
    """Over the address and the sorted fields (docs/twilio.md)."""
    text = url + "".join(f"{name}{values[name]}" for name in sorted(values))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
