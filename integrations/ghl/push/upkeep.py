"""No rows of the unit's logs older than need be: a part of them after each run."""

from django.conf import settings
from django.db import connections

from integrations.ghl.push.consume import ALIAS

_PRUNE = """
DELETE FROM integrations.{table} WHERE {moment} < now() - make_interval(days => %(days)s)
AND {key} IN (SELECT {key} FROM integrations.{table} ORDER BY {order} LIMIT %(most)s)
"""
AT_A_TIME = 20_000


def run() -> None:
    logs, calls = settings.GHL_LOG_DAYS, settings.HUB_CALLS_DAYS
    with connections[ALIAS].cursor() as cursor:
        for table, key, order, moment, days in (
            ("ghl_sync_log", "id", "id", "at", logs),
            ("ghl_sync_runs", "id", "id", "started_at", logs),
            ("ghl_task_deliveries", "id", "started_at", "started_at", logs),
            ("ghl_api_calls", "id", "id", "at", calls),
        ):
            statement = _PRUNE.format(table=table, key=key, order=order, moment=moment)
            cursor.execute(statement, {"days": days, "most": AT_A_TIME})
