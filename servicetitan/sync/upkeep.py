"""What a run does for the tables it will write: partitions for the months to come, and no rows older than need be."""

from django.conf import settings
from django.db import connections

from servicetitan.load import ALIAS

MONTHS_AHEAD = 2  # partitions of the change log
AT_A_TIME = 2000  # old log rows removed by one run: there is one every two minutes
CALLS_AT_A_TIME = 50_000  # and old calls, of which a run makes many

# The oldest by key, without looking at the others.
_PRUNE = """
DELETE FROM servicetitan.{table} WHERE {moment} < now() - make_interval(days => %(days)s)
AND id IN (SELECT id FROM servicetitan.{table} ORDER BY {order} LIMIT %(most)s)
"""


def run() -> None:
    """Cheap enough for every run. Call while acting as servicetitan."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT servicetitan.st_changes_maintain(%s, make_interval(days => %s))",
            [MONTHS_AHEAD, settings.SERVICETITAN_CHANGES_DAYS],
        )
        logs, calls = (settings.SERVICETITAN_LOG_DAYS, AT_A_TIME), (settings.HUB_CALLS_DAYS, CALLS_AT_A_TIME)
        for table, order, moment, (days, most) in (
            ("st_sync_log", "id", "started_at", logs),
            ("st_task_deliveries", "started_at", "started_at", logs),
            ("st_api_calls", "id", "at", calls),
        ):
            cursor.execute(_PRUNE.format(table=table, order=order, moment=moment), {"days": days, "most": most})
