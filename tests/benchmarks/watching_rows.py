"""Rows for the benchmark of the monitoring agent: tables as they are after years, with a few rows in trouble.

Few are dearer to look for than many: where no index leads to them, the whole table is read.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from django.db import models
from django.db.models import Field, Model

from automation.messaging.models import Answer, Message
from automation.workflows.models import AutomationDelivery, Event, FeedPosition, Run
from config.isolation.actor import acting_as
from integrations.ghl import models as ghl
from salesforce import models as salesforce
from servicetitan.models import ApiCall, Change, Delivery, SyncLog, SyncReject
from tests.benchmarks.cluster import HUB_DATABASE, Cluster
from tests.benchmarks.workflow_rows import workflow

TROUBLE = 5  # rows of each table
_FUTURE, _PAST = "now() + n % 1000 * interval '1 hour'", "now() - n * interval '20 seconds'"
_WORKFLOW = "(SELECT min(id) FROM automation.workflow_definitions)"
_VERSION = "(SELECT min(id) FROM automation.workflow_versions)"

# What differs from a row made by types alone. Without `{few}` rows nothing is in trouble.
FILLED: Mapping[type[Model], Mapping[str, str]] = {
    Change: {"entity": "'jobs'", "kind": "'changed'", "txid": "1", "changed_at": "now()"},
    SyncLog: {"entity": "'jobs'", "state": "'succeeded'", "started_at": _PAST},
    SyncReject: {"record_id": "n::text", "state": "CASE WHEN n <= {few} THEN 'open' ELSE 'resolved' END"},
    ApiCall: {"at": _PAST, "status": "200"},
    Delivery: {"started_at": _PAST, "state": "'done'"},
    ghl.Contact: {"state": "CASE WHEN n <= {few} THEN 'failed' ELSE 'synced' END", "due_at": "NULL"},
    ghl.Opportunity: {"state": "CASE WHEN n <= {few} THEN 'conflict' ELSE 'synced' END", "due_at": "NULL"},
    ghl.SyncLog: {"at": _PAST},
    ghl.ApiCall: {"at": _PAST, "status": "200"},
    salesforce.Contact: {"state": "CASE WHEN n <= {few} THEN 'failed' ELSE 'synced' END", "due_at": "NULL"},
    salesforce.Account: {"state": "CASE WHEN n <= {few} THEN 'conflict' ELSE 'synced' END", "due_at": "NULL"},
    salesforce.ApiCall: {"at": _PAST, "status": "200"},
    Event: {"handled_at": "now()"},
    Run: {
        "workflow_id": _WORKFLOW, "version_id": _VERSION, "due_at": _FUTURE, "ended_at": _PAST,
        "state": "CASE WHEN n <= {few} THEN 'failed' ELSE 'active' END",
    },
    Message: {
        "state": "CASE WHEN n <= {few} THEN 'unknown' ELSE 'delivered' END", "settled_at": _PAST, "claim": "n",
        "lease_until": "NULL", "due_at": "NULL",
    },
    Answer: {"kind": "'status'", "received_at": _PAST},
    AutomationDelivery: {"started_at": _PAST, "state": "'done'"},
}  # fmt: skip
POSITIONS = (ghl.FeedPosition, salesforce.FeedPosition, FeedPosition)  # of consumers that have read nothing of it
_BY_TYPE: Mapping[type[Any], str] = {
    models.DateTimeField: "now()",
    models.UUIDField: "gen_random_uuid()",
    models.JSONField: "'{{}}'",
    models.BooleanField: "false",
}


def fill(cluster: Cluster, rows: int, say: Callable[[str], None]) -> None:
    """Nothing but these. Vacuumed and analysed, as autovacuum does it after a while."""
    with acting_as("automation"):
        workflow(0)
    with closing(cluster.admin(HUB_DATABASE)) as connection:
        connection.execute(f"TRUNCATE {', '.join(model._meta.db_table for model in FILLED)} RESTART IDENTITY CASCADE")
        connection.execute("SET session_replication_role = replica")  # triggers and references would take most of the time
        for model, special in FILLED.items():
            say(f"{rows:,} rows: {model._meta.label}")
            connection.execute(_insert(model, special).format(few=TROUBLE), [rows])
        for model in POSITIONS:
            connection.execute(f"TRUNCATE {model._meta.db_table}")
            connection.execute(f"INSERT INTO {model._meta.db_table} VALUES ('bench', 0, 0, now())")
        connection.execute("VACUUM ANALYZE")


def _insert(model: type[Model], special: Mapping[str, str]) -> str:
    values = {
        str(field.column): special.get(str(field.column)) or _usual(field)
        for field in model._meta.concrete_fields
        if field.column in special or not (field.null or isinstance(field, models.AutoField) or _made_by_server(model, field))
    }
    names = ", ".join(f'"{name}"' for name in values)
    select = ", ".join(values.values()).replace("%", "%%")
    return f"INSERT INTO {model._meta.db_table} ({names}) SELECT {select} FROM generate_series(1, %s) AS n"


def _made_by_server(model: type[Model], field: "Field[Any, Any]") -> bool:
    return model is Change and field.primary_key


def _usual(field: "Field[Any, Any]") -> str:
    if field.primary_key or field.unique:
        return "n::text" if isinstance(field, models.TextField | models.CharField) else _by_type(field, "n")
    if isinstance(field, models.TextField | models.CharField):
        return "''"
    return _by_type(field, "n" if field.is_relation or isinstance(field, models.BigIntegerField) else "0")


def _by_type(field: "Field[Any, Any]", number: str) -> str:
    return next((sql for kind, sql in _BY_TYPE.items() if isinstance(field, kind)), number)
