"""Jobs and their appointments, up to the clock's start."""

from collections.abc import Callable
from functools import lru_cache

from config.sandbox import moments
from servicetitan.sandbox.company import facts
from servicetitan.sandbox.company.calendar import later
from servicetitan.sandbox.company.history_people import PeopleHistory
from servicetitan.sandbox.company.layout import BLOCK, CACHED, INVOICES, JOBS

_WORK_WINDOW = 14 * moments.DAY
_OPEN = ("Dispatched", "InProgress", "Hold", *("Scheduled",) * 13)
_VISIT_OF = {"Completed": "Done", "Canceled": "Canceled", "Dispatched": "Dispatched", "InProgress": "Working"}


class WorkHistory(PeopleHistory):
    def __init__(self, seed: int, customers: int, start: int) -> None:
        super().__init__(seed, customers, start)
        self.first_open = self.counts["jobs"] - max(1, self.counts["jobs"] // 100)
        self.job_created: Callable[[int], int] = lru_cache(CACHED)(self._job_created)
        self.job_status: Callable[[int], str] = lru_cache(CACHED)(self._job_status)
        self.job_completed: Callable[[int], int | None] = lru_cache(CACHED)(self._job_completed)

    def job_place(self, job: int) -> float:
        block, slot = divmod(job, JOBS)
        return (block + 1 + (slot + 0.5) / JOBS) * self.calendar.unit

    def _job_created(self, job: int) -> int:
        return self.calendar.exact(self.job_place(job), job << 4)

    def job_modified(self, index: int) -> int:
        index = self.calendar.tied(index, self.counts["jobs"])
        return self.calendar.exact(later(self.job_place(index)), index << 4 | 1)

    def _job_status(self, job: int) -> str:
        luck = self.luck("jobs", job)
        if job >= self.first_open:
            return _OPEN[luck & 15]
        chance = luck & 255
        return "Canceled" if chance < 20 else "Hold" if chance < 23 else "Completed"

    def job_location(self, job: int) -> int:
        rooms = self.layout.children("locations", self.layout.visitor(job))
        return rooms[(self.luck("jobs", job) >> 8) % len(rooms)]

    def visit(self, job: int, ordinal: int, siblings: int) -> tuple[int, int]:
        """Start and end of a job's nth appointment; open jobs have theirs in the coming days."""
        luck = self.luck("visit", job << 2 | ordinal)
        if job >= self.first_open:
            opened, closed = self.calendar.end, self.calendar.end + 10 * moments.DAY
        else:
            opened = self.job_created(job)
            wound_up = self.calendar.moment(later(self.job_place(job)))
            closed = opened + min(wound_up - opened, _WORK_WINDOW) * 9 // 10
        share = 0.05 + 0.75 * (ordinal + (luck >> 16 & 255) / 256) / siblings
        hours = self.place(self.layout.visitor(job)).hours_behind_utc
        return self.calendar.visit(opened, closed, share, hours, luck)

    def _job_completed(self, job: int) -> int | None:
        """End of the last visit; a canceled job now and then carries the time too (section 3.2)."""
        status = self.job_status(job)
        if status != "Completed" and (status != "Canceled" or self.luck("jobs", job) >> 20 & 7):
            return None
        siblings = len(self.layout.children("appointments", job))
        return max(self.visit(job, n, siblings)[1] for n in range(siblings))

    def earlier_job(self, job: int) -> int | None:
        """One later visit in thirty is a recall of the customer's first."""
        if self.luck("jobs", job) >> 24 & 31 or job % JOBS < BLOCK:
            return None
        first = self.layout.visits(self.layout.visitor(job))[0]
        return first if first < job else None

    def job(self, index: int) -> facts.Job:
        return facts.Job(
            index,
            self.owner(self.layout.visitor(index)),
            self.job_location(index),
            self.job_created(index),
            self.job_modified(index),
            self.job_status(index),
            self.job_completed(index),
            tuple(self.layout.children("appointments", index)),
            tuple(self.layout.children("estimates", index)),
            self.invoice_of(index),
            None,
            self.earlier_job(index),
        )

    def _visit_place(self, name: str, index: int) -> float:
        parent, ordinal, siblings = self.layout.parent(name, index)
        return self.job_place(parent) + 0.5 * (ordinal + 1) / (siblings + 1) / JOBS * self.calendar.unit

    def appointment_modified(self, index: int) -> int:
        index = self.calendar.tied(index, self.counts["appointments"])
        return self.calendar.exact(later(self._visit_place("appointments", index)), index << 4 | 2)

    def appointment(self, index: int) -> facts.Appointment:
        job, ordinal, siblings = self.layout.parent("appointments", index)
        start, end = self.visit(job, ordinal, siblings)
        status = _VISIT_OF.get(self.job_status(job), "Scheduled")
        last = ordinal == siblings - 1
        if self.job_status(job) == "Hold" and last:
            status = "Hold"
        if not last and status in {"Dispatched", "Working"}:
            status = "Scheduled"
        return facts.Appointment(
            index,
            job,
            self.owner(self.layout.visitor(job)),
            ordinal,
            self.job_created(job) + ordinal * moments.SECOND,
            self.appointment_modified(index),
            start,
            end,
            status,
            status != "Scheduled" or self.luck("appointments", index) & 3 == 0,
        )

    def invoice_of(self, job: int) -> int:
        block, slot = divmod(job, JOBS)
        return block * INVOICES + slot
