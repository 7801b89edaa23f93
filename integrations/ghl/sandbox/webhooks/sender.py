"""Delivers events to one URL from a thread of its own: late, twice, out of order or forged as the switches say.

Only a 429 is retried, six times, ten minutes apart on the sandbox's clock; anything else is final (contract section 11).
"""

import heapq
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from config.sandbox.chance import hits, mix, salt
from config.sandbox.http import encode
from config.sandbox.moments import MINUTE, SECOND
from integrations.ghl.sandbox.store.account import Account
from integrations.ghl.sandbox.store.ids import Ids
from integrations.ghl.sandbox.store.records import State
from integrations.ghl.sandbox.switches import Switches
from integrations.ghl.sandbox.webhooks import events
from integrations.ghl.sandbox.webhooks.signing import Signer

_RETRIES, _PAUSE = 6, 10 * MINUTE
_POLL = 0.02


@dataclass(order=True)
class _Letter:
    due: int
    number: int
    body: bytes = field(compare=False)
    headers: dict[str, str] = field(compare=False)
    attempts: int = field(default=0, compare=False)


class Sender:
    def __init__(self, account: Account, switches: Callable[[], Switches], closing: threading.Event) -> None:
        self._account = account
        self._switches = switches
        self._closing = closing
        self.ids = Ids(account.seed, "webhooks")
        self._salt = salt(account.seed, "webhooks")
        self.signer = Signer(account.seed)
        # Around each delivery, for a process that watches its connections: the emulator itself knows of no fence.
        self.opening: Callable[[], AbstractContextManager[object]] = nullcontext
        self._lock = threading.Lock()
        self.url = ""
        self.events: frozenset[str] = frozenset()  # none: all
        self._thread: threading.Thread | None = None
        self.forget()

    def forget(self) -> None:
        with self._lock:
            self._letters: list[_Letter] = []
            self._held: _Letter | None = None
            self._numbers = count(1)
            self._busy = False
            self.counts: Counter[str] = Counter()

    def subscribe(self, url: str, events: list[str]) -> None:
        """An empty URL ends it."""
        if url and urlsplit(url).hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError("The sandbox sends webhooks to this machine only.")
        self.url, self.events = url, frozenset(events)

    def tell(self, event: str, state: State) -> None:
        if not self.url or (self.events and event not in self.events):
            return
        switches = self._switches()
        with self._lock:
            number = next(self._numbers)
            self.counts["events"] += 1
            if self._lucky("lost", switches.webhook_lost, number):
                return
            values = events.body(self._account, event, state, self.ids.next(), nested=switches.webhook_nested)
            letter = self._letter(number, values, switches)
            held, self._held = self._held, None
            if held is None and self._lucky("out_of_order", switches.webhook_out_of_order, number):
                self._held = letter
            else:
                self._post(letter)
            if held is not None:
                self._post(held)
            if self._lucky("forged", switches.webhook_forged, number):
                self._post(self._forgery(number, values, switches))
            if self._lucky("duplicates", switches.webhook_duplicates, number):
                self._post(_Letter(letter.due, number, letter.body, letter.headers))
        self._start()

    def flush(self) -> None:
        """Whatever is held back for a next event goes out."""
        with self._lock:
            if self._held is not None:
                self._post(self._held)
                self._held = None

    def report(self) -> dict[str, Any]:
        with self._lock:
            waiting = len(self._letters) + (self._held is not None) + self._busy
            return {"url": self.url, "waiting": waiting, **self.counts}

    def _lucky(self, what: str, share: float, number: int) -> bool:
        lucky = share > 0 and hits(share, mix(self._salt) ^ salt(1, what), number)
        self.counts[what] += lucky
        return lucky

    def _letter(self, number: int, values: dict[str, Any], switches: Switches) -> _Letter:
        body = encode(values)
        due = self._account.clock.ticks() + int(switches.webhook_delay * SECOND)
        headers = {"Content-Type": "application/json", **self.signer.sign(body, switches.webhook_signatures)}
        return _Letter(due, number, body, headers)

    def _forgery(self, number: int, values: dict[str, Any], switches: Switches) -> _Letter:
        """Other values under a new webhookId, with the signatures of the true body."""
        true = self._letter(number, values, switches)
        changes = {"webhookId": self.ids.next(), "email": "forged@example.com", "dnd": True, "status": "won"}
        return _Letter(true.due, number, encode(values | changes), true.headers)

    def _post(self, letter: _Letter) -> None:
        letter.number = self.counts["posted"] = self.counts["posted"] + 1
        heapq.heappush(self._letters, letter)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, daemon=True, name="ghl-webhooks")
                self._thread.start()

    def _work(self) -> None:
        while not self._closing.is_set():
            letter = self._next()
            if letter is None:
                self._closing.wait(_POLL)
                continue
            status = self._deliver(letter)
            with self._lock:
                self._busy = False
                self._settle(letter, status)

    def _next(self) -> _Letter | None:
        with self._lock:
            if not self._letters or self._letters[0].due > self._account.clock.ticks():
                return None
            self._busy = True
            return heapq.heappop(self._letters)

    def _settle(self, letter: _Letter, status: int) -> None:
        letter.attempts += 1
        if 200 <= status < 300:
            self.counts["delivered"] += 1
        elif status == 429 and letter.attempts <= _RETRIES:
            self.counts["retried"] += 1
            jitter = mix(self._salt ^ letter.number) % MINUTE
            letter.due = self._account.clock.ticks() + _PAUSE + jitter
            heapq.heappush(self._letters, letter)
        else:
            self.counts["failed"] += 1

    def _deliver(self, letter: _Letter) -> int:
        """0 when nobody answers."""
        address = urlsplit(self.url)
        try:
            connection = HTTPConnection(address.hostname or "", address.port or 80, timeout=5)
            with self.opening(), closing(connection):
                path = (address.path or "/") + (f"?{address.query}" if address.query else "")
                connection.request("POST", path, letter.body, letter.headers)
                return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
