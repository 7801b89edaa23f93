"""The unit's inbox, into which the web process may only INSERT: it cannot look at what is there, nor change it."""

from dataclasses import asdict, dataclass

from django.db import connections

from config.isolation.actor import acting_unit

# No conflict target: that would be a read. A delivery that was here before changes nothing.
_PUT = """
INSERT INTO automation.messaging_inbox (key, kind, provider_id, message_key, address, state, error_code, text)
VALUES (%(key)s, %(kind)s, %(provider_id)s, %(message_key)s, %(address)s, %(state)s, %(error_code)s, %(text)s)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Told:
    """`key` tells one event from another, however often it is delivered."""

    key: str
    kind: str
    provider_id: str = ""
    message_key: str = ""
    address: str = ""
    state: str = ""
    error_code: str = ""
    text: str = ""


def put(told: Told) -> bool:
    """False: it is there already. Raises what the database raises."""
    with connections[acting_unit().alias].cursor() as cursor:
        cursor.execute(_PUT, asdict(told))
        return bool(cursor.rowcount)
