"""The company up to the clock's start: each record's facts as a pure function of (seed, position).

This module adds estimates and invoices to people (history_people) and work (history_work).
"""

from collections.abc import Callable
from functools import lru_cache

from config.sandbox import moments
from servicetitan.sandbox.company import facts
from servicetitan.sandbox.company.calendar import later
from servicetitan.sandbox.company.history_work import WorkHistory
from servicetitan.sandbox.company.layout import BLOCK, CACHED, INVOICES, JOBS


class History(WorkHistory):
    def __init__(self, seed: int, customers: int, start: int) -> None:
        super().__init__(seed, customers, start)
        self.items_source: Callable[[int], int | None] = lru_cache(CACHED)(self._items_source)

    def estimate_modified(self, index: int) -> int:
        index = self.calendar.tied(index, self.counts["estimates"])
        return self.calendar.exact(later(self._visit_place("estimates", index)), index << 4 | 3)

    def estimate_status(self, index: int) -> int:
        chance = self.luck("estimates", index) % 100
        job = self.layout.parent("estimates", index)[0]
        if job >= self.first_open or chance >= 70:
            return facts.OPEN
        return facts.SOLD if chance < 45 and self.job_status(job) == "Completed" else facts.DISMISSED

    def estimate(self, index: int) -> facts.Estimate:
        job, ordinal, siblings = self.layout.parent("estimates", index)
        luck = self.luck("estimates", index)
        status = self.estimate_status(index)
        opened = self.job_created(job)
        wound_up = self.calendar.moment(later(self.job_place(job)))
        created = opened + (wound_up - opened) * (20 + (luck >> 8) % 20 + ordinal * 5 // siblings) // 100
        sold = created + (wound_up - created) * (1 + (luck >> 16) % 50) // 60
        return facts.Estimate(
            index,
            job,
            self.owner(self.layout.visitor(job)),
            self.job_location(job),
            created,
            self.estimate_modified(index),
            status,
            sold if status == facts.SOLD else None,
            self.invoice_of(job) if self.items_source(job) == index else None,
            status != facts.OPEN or luck >> 32 & 15 != 0,
        )

    def _items_source(self, job: int) -> int | None:
        """Where the items of a job's invoice come from: its first sold estimate, if there is one."""
        if self.job_status(job) != "Completed":
            return None
        for estimate in self.layout.children("estimates", job):
            if self.estimate_status(estimate) == facts.SOLD:
                return estimate
        return None if self.luck("jobs", job) >> 32 & 7 == 0 else facts.OWN_ITEMS

    def invoice_modified(self, index: int) -> int:
        index = self.calendar.tied(index, self.counts["invoices"])
        return self.calendar.exact(later(self._invoice_place(index)), index << 4 | 4)

    def _invoice_place(self, index: int) -> float:
        block, slot = divmod(index, INVOICES)
        if slot < JOBS:
            return self.job_place(block * JOBS + slot)
        return self.job_place(block * JOBS + JOBS - 1) + 0.5 / JOBS * self.calendar.unit

    def unpaid(self, invoice: int) -> bool:
        """Whether a job's invoice, if it has items, is still due: most recent ones, few old ones."""
        recent = self._invoice_place(invoice) > 0.97
        return self.luck("paid", invoice) % 100 < (35 if recent else 4)

    def invoice(self, index: int) -> facts.Invoice:
        block, slot = divmod(index, INVOICES)
        return (
            self._counter_sale(index, block)
            if slot == JOBS
            else self._job_invoice(index, block * JOBS + slot)
        )

    def _job_invoice(self, index: int, job: int) -> facts.Invoice:
        created = self.job_created(job) + moments.SECOND
        dated = self.job_completed(job) or created
        source = self.items_source(job)
        paid = None if self.unpaid(index) or source is None else dated
        return facts.Invoice(
            index,
            job,
            self.owner(self.layout.visitor(job)),
            self.job_location(job),
            created,
            self.invoice_modified(index),
            dated,
            source,
            paid,
            0,
            self.job_status(job) != "Canceled",
        )

    def _counter_sale(self, index: int, block: int) -> facts.Invoice:
        home = block * BLOCK + self.luck("invoices", index) % self.layout.block_size(block)
        place = self.layout.children("locations", home)[0]
        created = self.calendar.exact(self._invoice_place(index), index << 4 | 5)
        modified = self.invoice_modified(index)
        return facts.Invoice(
            index, None, self.owner(home), place, created, modified, created, facts.OWN_ITEMS, created
        )
