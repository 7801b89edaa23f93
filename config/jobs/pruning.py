"""No rows of a unit's logs older than need be: a part of them at a time, so that no run waits for it."""

from django.db import connections

from config.isolation.actor import acting_unit

AT_A_TIME = 20_000
_PRUNE = """
DELETE FROM {table} WHERE {moment} < now() - make_interval(days => %(days)s)
AND {key} IN (SELECT {key} FROM {table} ORDER BY {order} LIMIT %(most)s)
"""


def prune(table: str, moment: str, days: int, order: str = "id") -> None:
    """The oldest rows of `table` (qualified) whose column `moment` is that long ago. `order`: a column that grows with it."""
    statement = _PRUNE.format(table=table, key="id", order=order, moment=moment)
    with connections[acting_unit().alias].cursor() as cursor:
        cursor.execute(statement, {"days": days, "most": AT_A_TIME})
