"""What a run does for the tables it will write: partitions for the months to come, and no rows older than need be."""

import logging

from django.conf import settings
from django.db import DatabaseError, connections

from servicetitan.load import ALIAS

log = logging.getLogger(__name__)

MONTHS_AHEAD = 2  # partitions of the change log
AT_A_TIME = 2000  # old log rows removed by one run: there is one every two minutes
CALLS_AT_A_TIME = 50_000  # and old calls, of which a run makes many

# The oldest by key, without looking at the others.
_PRUNE = """
DELETE FROM servicetitan.{table} WHERE {moment} < now() - make_interval(days => %(days)s)
AND id IN (SELECT id FROM servicetitan.{table} ORDER BY {order} LIMIT %(most)s)
"""


def run() -> None:
    """Cheap enough for every run, and no reason to stop one: what cannot be done now the next run does.

    There are partitions for months to come, so a skipped turn harms nothing. Call while acting as servicetitan.
    """
    try:
        _maintain()
    except DatabaseError as error:
        log.warning("The upkeep of the sync's tables is left to the next run: %s", str(error).partition("\n")[0])


def _maintain() -> None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT servicetitan.st_changes_maintain(%s, make_interval(days => %s))",
            [MONTHS_AHEAD, settings.SERVICETITAN_CHANGES_DAYS],
        )
        if skipped := [done for done in cursor.fetchone()[0] if done.startswith("skipped")]:
            log.warning("The change log's partitions are left to the next run: %s.", "; ".join(skipped))
        logs, calls = (settings.SERVICETITAN_LOG_DAYS, AT_A_TIME), (settings.HUB_CALLS_DAYS, CALLS_AT_A_TIME)
        for table, order, moment, (days, most) in (
            ("st_sync_log", "id", "started_at", logs),
            ("st_task_deliveries", "started_at", "started_at", logs),
            ("st_api_calls", "id", "at", calls),
        ):
            cursor.execute(_PRUNE.format(table=table, order=order, moment=moment), {"days": days, "most": most})
