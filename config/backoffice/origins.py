"""Where a consumer's run came from, and what came of a run: panels that lead from one log to the other."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from config.backoffice import pages, show
from config.backoffice.panels import Panel, Table

LONGEST = timedelta(hours=2)  # from the end of a sync to the push that reads its changes, where all is well
SHOWN = 5


def causes(runs: Iterable[Any]) -> list[Panel]:
    """`runs`: those of the mirror's sync."""
    cells = [(pages.link_to(run, f"{run.entity}, {run.mode}"), show.moment(run.started_at), show.copyable(run.correlation_id))
             for run in runs]  # fmt: skip
    headers = ("Sync run", "Started", "Correlation id")
    return [Table(title="Whose changes it read", headers=headers, rows=cells, wide=False)] if cells else []


def effects(model: Any, sync_run: Any, title: str) -> list[Panel]:
    """Runs of a consumer that read changes of a run of the sync. `model`: the consumer's runs."""
    if sync_run.first_txid is None:
        return []
    after = model._default_manager.filter(first_txid__lte=sync_run.last_txid, last_txid__gte=sync_run.first_txid)
    after = after.filter(started_at__gte=sync_run.started_at, started_at__lte=sync_run.started_at + LONGEST)
    cells = [(pages.link_to(run), show.moment(run.started_at), show.copyable(run.correlation_id))
             for run in after.order_by("id")[:SHOWN]]  # fmt: skip
    return [Table(title=title, headers=("Run", "Started", "Correlation id"), rows=cells, wide=False)] if cells else []
