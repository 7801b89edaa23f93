"""Money of every run of a workflow, summed by customer, in one query.

Each estimate and invoice counts once: for the run that began last before it was sold or paid, and only inside that run's window.
Whether a run was split, and how, is taken from its trace: a run that ended before has no group, whatever its column says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, transaction

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

# Rows take what is known of their run along: two sets made on the way are never joined, as the planner knows the size of neither
# and may compare each row of one with each of the other.
_RUNS = """
WITH runs AS MATERIALIZED (
    SELECT r.id AS run_id, COALESCE(r.customer_id, -r.entity_id) AS owner, r.started_at + %(window)s AS until,
           first.split->>'group' AS side, (first.split->>'percent')::int AS percent,
           r.started_at, r.entity_id, r.customer_id, r.event_id
    FROM automation.workflow_runs r
    LEFT JOIN LATERAL (
        SELECT (array_agg(t.data ORDER BY t.id))[1] AS split FROM automation.workflow_trace t
        WHERE t.run_id = r.id AND t.what = 'split'
    ) AS first ON true
    WHERE r.workflow_id = %(workflow)s AND r.entity = %(entity)s
)"""
_RUN = "r.run_id, r.owner, r.until, r.side, r.percent"
_SOLD = f""", sold AS (
    SELECT DISTINCT ON (e.id) {_RUN}, e.subtotal AS amount, e.job_id, e.id AS estimate_id
    FROM runs r JOIN servicetitan.st_estimates e ON {{link}}
    WHERE lower(e.status) = 'sold' AND e.deleted_at IS NULL AND e.active IS NOT FALSE
      AND e.sold_on >= r.started_at AND e.sold_on < r.until
    ORDER BY e.id, r.started_at DESC, r.run_id DESC
)"""
# An event that came days late, as of an old invoice that the mirror learns of only now, says less than the day it was paid.
_PAID = f""", paid AS (
    SELECT DISTINCT ON (i.id) {_RUN}, {{amount}} AS amount, i.job_id, {{estimate}} AS estimate_id
    FROM runs r JOIN servicetitan.st_invoices i ON {{link}}
    LEFT JOIN LATERAL (
        SELECT max(e.happened_at) AS seen FROM automation.workflow_events e
        WHERE e.entity = 'invoice' AND e.entity_id = i.id AND e.kind = 'invoice.paid'
    ) AS event ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN i.paid_on IS NULL THEN COALESCE(seen, i.invoice_date)
                    WHEN seen < i.paid_on + interval '2 days' THEN seen ELSE i.paid_on END AS at
    ) AS payment
    {{join}}
    WHERE i.total > 0 AND i.balance <= 0 AND i.deleted_at IS NULL AND i.active IS NOT FALSE
      AND payment.at >= r.started_at AND payment.at < r.until
    ORDER BY i.id, r.started_at DESC, r.run_id DESC
)"""
_BOTH = """, items AS (SELECT *, true AS is_sale FROM sold UNION ALL SELECT *, false FROM paid), marked AS (
    SELECT *, job_id IS NOT NULL AND bool_or(is_sale) OVER (PARTITION BY job_id) AS job_is_counted,
           estimate_id IS NOT NULL AND bool_or(is_sale) OVER (PARTITION BY estimate_id) AS estimate_is_counted
    FROM items
), counted AS (SELECT * FROM marked WHERE is_sale OR NOT (job_is_counted OR estimate_is_counted))"""
_SUMS = f"""
SELECT owner, until <= %(now)s, side, percent, count(*), count(*) FILTER (WHERE amount > 0), sum(amount)::float8
FROM (
    SELECT run_id, owner, until, side, percent, COALESCE(sum(amount), 0) AS amount
    FROM (SELECT {_RUN}, 0 AS amount FROM runs r UNION ALL SELECT {_RUN}, amount FROM {{money}} r) AS all_rows
    GROUP BY run_id, owner, until, side, percent
) AS by_run
GROUP BY 1, 2, 3, 4 ORDER BY 1
"""
_OWED = "CASE WHEN entry.data->>'balance' ~ '^\\d+(\\.\\d+)?$' THEN (entry.data->>'balance')::numeric END"

_PAID_ITSELF = _PAID.format(
    link="i.id = r.entity_id", amount=f"COALESCE(NULLIF({_OWED}, 0), i.total)", estimate="NULL::bigint",
    join="JOIN automation.workflow_events entry ON entry.id = r.event_id",
)  # fmt: skip
_PAID_BY_CUSTOMER = _PAID.format(
    link="i.customer_id = r.customer_id", amount="COALESCE(i.subtotal, i.total)", estimate="j.created_from_estimate_id",
    join="LEFT JOIN servicetitan.st_jobs j ON j.id = i.job_id",
)  # fmt: skip
_QUERIES = {
    ESTIMATE: _RUNS + _SOLD.format(link="e.id = r.entity_id") + _SUMS.format(money="sold"),
    INVOICE: _RUNS + _PAID_ITSELF + _SUMS.format(money="paid"),
    CUSTOMER: _RUNS + _SOLD.format(link="e.customer_id = r.customer_id") + _PAID_BY_CUSTOMER + _BOTH
    + _SUMS.format(money="counted"),
}  # fmt: skip


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
    """In the order of customers. As the acting unit, which need only read.

    In a transaction: a cursor that outlives its own is filled at the commit, where no time limit of the unit holds.
    """
    values: dict[str, Any] = {"workflow": workflow_id, "entity": definition.entity, "now": now, "window": window}
    alias = acting_unit().alias
    with transaction.atomic(using=alias), connections[alias].chunked_cursor() as cursor:
        cursor.execute(_QUERIES[basis_of(definition)], values)
        while rows := cursor.fetchmany(AT_A_TIME):
            for row in rows:
                yield Sum(*row)
