"""What outlives a restart: the records, so that what the hub keeps of them still means something.

Everything else begins anew: switches, faults, what people changed in the org's set-up, and who was logged in.
"""

import msgspec

from salesforce.sandbox.app import Sandbox
from salesforce.sandbox.org.records import State, Table
from salesforce.sandbox.org.sobjects import MAIN


class Rows(msgspec.Struct):
    states: list[tuple[State, str]]  # the state, and who made it
    made: int  # ids so far: none is given twice


class Snapshots:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @property
    def writes(self) -> int:
        return self._sandbox.calls

    def kept(self) -> bytes:
        with self._sandbox.lock:
            return msgspec.json.encode({name: _taken(self._sandbox.org.tables[name]) for name in MAIN})

    def restore(self, kept: bytes) -> None:
        snapshot = msgspec.json.decode(kept, type=dict[str, Rows])
        with self._sandbox.lock:
            for name, rows in snapshot.items():
                self._sandbox.org.tables[name].refill(rows.states, rows.made)


def _taken(table: Table) -> Rows:
    return Rows([(record.state, record.by) for record in table.ever()], table.made)
