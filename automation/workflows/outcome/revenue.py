"""Money of every run of a workflow, summed by customer, in one query.

Each estimate and invoice counts once: for the run that began last before it was sold or paid, and only inside that run's window.
Whether a run was split, and how, is taken from its trace: a run that ended before has no group, whatever its column says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections

from automation.workflows.definitions import Definition
from config.isolation.actor import acting_unit

ESTIMATE, INVOICE, CUSTOMER = "estimate", "invoice", "customer"
AT_A_TIME = 10_000
# What makes people enter is what is counted otherwise: it has happened before the run begins.
_OVER_ALREADY = {"estimate.sold", "invoice.paid"}

SAID = {
    ESTIMATE: "Counted: the subtotal of the estimate, where it was sold within the window.",
    INVOICE: "Counted: what was owed on the invoice when the run began, where nothing was owed any more within the window. "
    "Payments of a part count nothing.",
    CUSTOMER: "Counted: subtotals of the customer's estimates that were sold within the window, and of invoices that were paid "
    "up in it, except those of jobs whose estimate is counted.",
}  # fmt: skip
PAID_SAID = (
    "ServiceTitan tells only the day an invoice was paid: the hour when the hub saw it counts where it saw it within two days, "
    "otherwise that day, and without one the date of the invoice."
)

_RUNS = """
WITH split AS (
    SELECT DISTINCT ON (run_id) run_id, data->>'group' AS side, (data->>'percent')::int AS percent
    FROM automation.workflow_trace WHERE workflow_id = %(workflow)s AND what = 'split' ORDER BY run_id, id
), runs AS MATERIALIZED (
    SELECT r.id, r.entity_id, r.customer_id, r.event_id, r.started_at, r.started_at + %(window)s AS until, s.side, s.percent
    FROM automation.workflow_runs r LEFT JOIN split s ON s.run_id = r.id
    WHERE r.workflow_id = %(workflow)s AND r.entity = %(entity)s
)"""
_SOLD = """, sold AS (
    SELECT DISTINCT ON (e.id) r.id AS run_id, e.id AS estimate_id, e.job_id, e.subtotal AS amount
    FROM runs r JOIN servicetitan.st_estimates e ON {link}
    WHERE lower(e.status) = 'sold' AND e.deleted_at IS NULL AND e.active IS NOT FALSE
      AND e.sold_on >= r.started_at AND e.sold_on < r.until
    ORDER BY e.id, r.started_at DESC, r.id DESC
)"""
# An event that came days late, as of an old invoice that the mirror learns of only now, says less than the day it was paid.
_PAID = """, paid AS (
    SELECT DISTINCT ON (i.id) r.id AS run_id, {amount} AS amount
    FROM runs r JOIN servicetitan.st_invoices i ON {link}
    LEFT JOIN LATERAL (
        SELECT max(e.happened_at) AS seen FROM automation.workflow_events e
        WHERE e.entity = 'invoice' AND e.entity_id = i.id AND e.kind = 'invoice.paid'
    ) AS event ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN i.paid_on IS NULL THEN COALESCE(seen, i.invoice_date)
                    WHEN seen < i.paid_on + interval '2 days' THEN seen ELSE i.paid_on END AS at
    ) AS payment
    {joins}
    WHERE i.total > 0 AND i.balance <= 0 AND i.deleted_at IS NULL AND i.active IS NOT FALSE
      AND payment.at >= r.started_at AND payment.at < r.until {but}
    ORDER BY i.id, r.started_at DESC, r.id DESC
)"""
_SUMS = """
SELECT COALESCE(r.customer_id, -r.entity_id) AS owner, r.until <= %(now)s, r.side, r.percent, count(*),
       count(*) FILTER (WHERE m.amount > 0), COALESCE(sum(m.amount), 0)::float8
FROM runs r LEFT JOIN (SELECT run_id, sum(amount) AS amount FROM ({money}) AS items GROUP BY run_id) AS m ON m.run_id = r.id
GROUP BY 1, 2, 3, 4 ORDER BY 1
"""
_COUNTED_ALREADY = """
      AND NOT EXISTS (SELECT FROM sold WHERE sold.job_id = i.job_id)
      AND NOT EXISTS (SELECT FROM sold WHERE sold.estimate_id = j.created_from_estimate_id)"""
_OWED = "CASE WHEN entry.data->>'balance' ~ '^\\d+(\\.\\d+)?$' THEN (entry.data->>'balance')::numeric END"

_QUERIES = {
    ESTIMATE: _RUNS + _SOLD.format(link="e.id = r.entity_id") + _SUMS.format(money="SELECT run_id, amount FROM sold"),
    INVOICE: _RUNS
    + _PAID.format(
        link="i.id = r.entity_id",
        amount=f"COALESCE(NULLIF({_OWED}, 0), i.total)",
        joins="JOIN automation.workflow_events entry ON entry.id = r.event_id",
        but="",
    )
    + _SUMS.format(money="SELECT run_id, amount FROM paid"),
    CUSTOMER: _RUNS
    + _SOLD.format(link="e.customer_id = r.customer_id")
    + _PAID.format(
        link="i.customer_id = r.customer_id",
        amount="COALESCE(i.subtotal, i.total)",
        joins="LEFT JOIN servicetitan.st_jobs j ON j.id = i.job_id",
        but=_COUNTED_ALREADY,
    )
    + _SUMS.format(money="SELECT run_id, amount FROM sold UNION ALL SELECT run_id, amount FROM paid"),
}


@dataclass(frozen=True)
class Sum:
    """Runs of one customer that were treated alike. `side`: treated, control, or none where they were not split."""

    customer: int
    is_over: bool
    side: str | None
    percent: int | None
    runs: int
    hits: int
    amount: float


def basis_of(definition: Definition) -> str:
    """Which money counts."""
    own = definition.entity in (ESTIMATE, INVOICE) and definition.event not in _OVER_ALREADY
    return definition.entity if own else CUSTOMER


def sums(workflow_id: int, definition: Definition, now: datetime, window: timedelta) -> Iterator[Sum]:
    """In the order of customers. As the acting unit, which need only read."""
    values: dict[str, Any] = {"workflow": workflow_id, "entity": definition.entity, "now": now, "window": window}
    with connections[acting_unit().alias].chunked_cursor() as cursor:
        cursor.execute(_QUERIES[basis_of(definition)], values)
        while rows := cursor.fetchmany(AT_A_TIME):
            for row in rows:
                yield Sum(*row)
