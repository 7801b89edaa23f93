"""What outlives a restart: all that the vendor would still know. Else the ids that the hub keeps would mean nothing.

Switches, faults and counts of calls begin anew, and so does what searches do not see yet.
"""

import msgspec

from integrations.ghl.sandbox.api.auth import Tokens
from integrations.ghl.sandbox.app import Sandbox
from integrations.ghl.sandbox.store.ids import Ids
from integrations.ghl.sandbox.store.records import Records, State


class Table(msgspec.Struct):
    rows: list[tuple[State, str, bool]]  # the state, who made it, whether it is alive
    changes: int


class Snapshot(msgspec.Struct):
    contacts: Table
    opportunities: Table
    fields: list[State]
    pipelines: dict[str, list[str]]  # their ids follow from the names
    tokens: Tokens
    webhooks: tuple[str, list[str]]  # URL, events
    made: dict[str, int]  # ids so far: none is given twice


class Snapshots:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @property
    def writes(self) -> int:
        return self._sandbox.writes

    def kept(self) -> bytes:
        with self._sandbox.lock:
            return msgspec.json.encode(_taken(self._sandbox))

    def restore(self, kept: bytes) -> None:
        snapshot = msgspec.json.decode(kept, type=Snapshot)
        with self._sandbox.lock:
            _put_back(self._sandbox, snapshot)


def _taken(sandbox: Sandbox) -> Snapshot:
    account = sandbox.account
    return Snapshot(
        contacts=_table(account.contacts.records),
        opportunities=_table(account.opportunities.records),
        fields=list(account.fields.by_id.values()),
        pipelines={row["name"]: [stage["name"] for stage in row["stages"]] for row in account.pipelines.values()},
        tokens=sandbox.authority.tokens,
        webhooks=(sandbox.webhooks.url, sorted(sandbox.webhooks.events)),
        made={name: ids.made for name, ids in _ids(sandbox).items()},
    )


def _put_back(sandbox: Sandbox, snapshot: Snapshot) -> None:
    account = sandbox.account
    _fill(account.contacts.records, snapshot.contacts)
    _fill(account.opportunities.records, snapshot.opportunities)
    for field in snapshot.fields:
        account.fields.keep(field)
    account.set_pipelines(snapshot.pipelines)
    sandbox.authority.tokens = snapshot.tokens
    sandbox.webhooks.subscribe(*snapshot.webhooks)
    for name, ids in _ids(sandbox).items():
        ids.made = snapshot.made.get(name, 0)


def _table(records: Records) -> Table:
    return Table([(record.state, record.by, record.alive) for record in records.ever()], records.changes)


def _fill(records: Records, table: Table) -> None:
    for state, by, alive in table.rows:
        records.restore(state, by, alive=alive)
    records.changes = table.changes


def _ids(sandbox: Sandbox) -> dict[str, Ids]:
    account = sandbox.account
    return {
        "contacts": account.contacts.ids,
        "opportunities": account.opportunities.ids,
        "fields": account.fields.ids,
        "tokens": sandbox.authority.ids,
        "webhooks": sandbox.webhooks.ids,
    }
