"""The unit's inbox, into which the web process may only INSERT: it cannot look at what is there, nor change it."""

import threading
import time
from collections import OrderedDict

from django.conf import settings
from django.db import connections

from config.isolation.actor import acting_unit
from integrations.ghl.webhooks.hints import Hint

# Which sub-account is ours the web process may not know: then it is one that the worker has read. No conflict target: that
# would be a read. A delivery that was here before changes nothing.
_PUT = """
INSERT INTO integrations.ghl_webhook_events (webhook_id, type, record_id)
SELECT %(id)s, %(type)s, %(record_id)s
WHERE %(known)s OR EXISTS (SELECT FROM integrations.ghl_accounts WHERE location_id = %(location)s)
ON CONFLICT DO NOTHING
"""


def put(hint: Hint) -> bool:
    """False: it is there already, or about another sub-account. Raises what the database raises."""
    known = bool(settings.GHL_LOCATION_ID) and hint.location_id == settings.GHL_LOCATION_ID
    values: dict[str, str | bool] = {
        "id": hint.id, "type": hint.type, "record_id": hint.record_id, "location": hint.location_id, "known": known,
    }  # fmt: skip
    with connections[acting_unit().alias].cursor() as cursor:
        cursor.execute(_PUT, values)
        return bool(cursor.rowcount)


class AskedAgain:
    """Events that were genuine and fresh and could not be stored: the vendor sends them again in ten minutes and later, when
    they are not fresh any more, and then they are taken. Each process knows its own; what it forgets the nightly
    comparison finds."""

    MOST = 10_000
    KEPT_S = 3 * 3600.0

    def __init__(self) -> None:
        self._since: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, id: str) -> None:
        with self._lock:
            self._since[id] = time.monotonic()
            while len(self._since) > self.MOST:
                self._since.popitem(last=False)

    def has(self, id: str) -> bool:
        with self._lock:
            since = self._since.get(id)
        return since is not None and time.monotonic() - since < self.KEPT_S

    def drop(self, id: str) -> None:
        with self._lock:
            self._since.pop(id, None)
