"""Rows for the benchmark of workflows, made by the database itself: estimates, events that happened, runs that wait."""

from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.utils import timezone

from automation.workflows import stored
from automation.workflows.events import ALIAS
from config.isolation.actor import acting_as
from tests.benchmarks.cluster import HUB_DATABASE, Cluster

WORKFLOWS = 10
RESTS_AT, LAST = 4, 8  # in the program: the first wait, the last message
_BIG = {"all": [{"field": "estimate.subtotal", "op": "at least", "value": 1000}]}
_SOLD = {"all": [{"field": "estimate.status", "op": "is", "value": "Sold"}]}


def _sms(template: str) -> dict[str, str]:
    return {"do": "send sms", "template": template}


_STEPS = [
    {"do": "branch", "if": _BIG, "then": [_sms("big")], "else": [{"do": "send email", "template": "small"}]},
    {"do": "wait", "for": "1d"},
    {"do": "split", "control_percent": 10},
    _sms("reminder"),
    {"do": "wait until", "clock": "10:00"},
    _sms("last"),
]
_TABLES = """
SELECT format('automation.%I', relname) FROM pg_stat_user_tables
WHERE schemaname = 'automation' AND relname LIKE 'workflow%' AND relname NOT IN ('workflow_definitions', 'workflow_versions')
"""
_ESTIMATES = """
INSERT INTO servicetitan.st_estimates (id, customer_id, status, subtotal, raw, created_on, first_seen_at, synced_at)
SELECT n, n / 3, 'Open', 500 + n %% 1000, '{}', now(), now(), now() FROM generate_series(1, %s) AS n ON CONFLICT DO NOTHING
"""
_EVENTS = """
INSERT INTO automation.workflow_events (key, kind, entity, entity_id, customer_id, happened_at, noted_at, data, handled_at)
SELECT 'bench:' || n, 'estimate.created', 'estimate', n, n / 3, now(), now(), '{"subtotal": 1000}', %s
FROM generate_series(1, %s) AS n ON CONFLICT DO NOTHING
"""
_RUNS = """
INSERT INTO automation.workflow_runs (workflow_id, version_id, event_id, entity, entity_id, customer_id, state, "group", step,
    due_at, waits_for, attempts, reason, started_at)
SELECT %s, %s, id, entity, entity_id, customer_id, 'active', 'treated', %s, %s + entity_id %% 1000 * interval '1 hour',
    CASE WHEN entity_id %% 4 = 0 THEN 'estimate.sold' ELSE '' END, 0, '', now()
FROM automation.workflow_events WHERE kind = 'estimate.created' AND entity_id BETWEEN %s AND %s
"""
_OVERDUE = "UPDATE automation.workflow_runs SET due_at = now() - interval '1 day' WHERE state = 'active' AND workflow_id = %s"


class Rows:
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.workflows: list[stored.Current] = []

    def empty(self, estimates: int, workflows: int) -> None:
        """Nothing but the mirror and some workflows that are switched on. Vacuum comes when it is called, and not by itself."""
        with closing(self.cluster.admin(HUB_DATABASE)) as connection:
            tables = [row[0] for row in connection.execute(_TABLES)]
            connection.execute(f"TRUNCATE {', '.join(tables)}, servicetitan.st_estimates CASCADE")
            for table in tables:
                connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        with acting_as("servicetitan"), connections["servicetitan"].cursor() as cursor:
            cursor.execute(_ESTIMATES, [estimates])
        self.analyze("servicetitan.st_estimates")
        self._write("UPDATE automation.workflow_definitions SET enabled = false")  # versions only grow: those of the last time
        self.workflows = [workflow(number) for number in range(workflows)]

    def back(self) -> None:
        """The tables as they are in production."""
        with closing(self.cluster.admin(HUB_DATABASE)) as connection:
            for (table,) in connection.execute(_TABLES).fetchall():
                connection.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")

    def analyze(self, table: str = "") -> None:
        """As autovacuum does it after a while."""
        with closing(self.cluster.admin(HUB_DATABASE)) as connection:
            connection.execute(f"VACUUM ANALYZE {table}")

    def happen(self, count: int) -> None:
        self._write(_EVENTS, [None, count])

    def wait(self, first: int, last: int) -> None:
        """Each of these records in each workflow, some of them for an event, all of them beyond today."""
        self._write(_EVENTS, [timezone.now(), last])
        for one in self.workflows:
            tomorrow = timezone.now() + timedelta(days=1)
            self._write(_RUNS, [one.workflow.pk, one.version.pk, RESTS_AT + 1, tomorrow, first, last])

    def due(self, at: datetime, ids: list[int], step: int) -> None:
        """These runs stand before that step, and it is their time."""
        self._write("UPDATE automation.workflow_runs SET due_at = %s, step = %s WHERE id = ANY (%s)", [at, step, ids])

    def all_due(self) -> None:
        self._write("UPDATE automation.workflow_runs SET due_at = now() WHERE state = 'active'")

    def switch_off(self, one: stored.Current) -> int:
        """Its runs become due, and wait for it to be switched on again. Returns how many those are."""
        self._write("UPDATE automation.workflow_definitions SET enabled = false WHERE id = %s", [one.workflow.pk])
        return self._write(_OVERDUE, [one.workflow.pk])

    def count(self, query: str) -> int:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(query)
            return int(cursor.fetchone()[0])

    def ids(self, query: str, *values: Any) -> list[int]:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(query, values)
            return [row[0] for row in cursor.fetchall()]

    def _write(self, query: str, values: list[Any] | None = None) -> int:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(query, values)
            return int(cursor.rowcount)


def workflow(number: int) -> stored.Current:
    trigger = {"event": "estimate.created"}
    content = {"name": f"bench-{number}", "title": "Bench", "trigger": trigger, "goal": _SOLD, "steps": _STEPS}
    return stored.store(content, "bench", timezone.now(), enabled=True)
