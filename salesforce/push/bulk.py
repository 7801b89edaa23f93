"""Sending much as bulk jobs (Bulk API 2.0). Each step is stored before the next; a run that dies is followed by one that goes on.

A job made and never closed does nothing, and Salesforce ends it after a day: so whenever it is unclear whether a job has its
data, it is given up before anything of it was worked on, and another one takes its records.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from config.isolation.egress.retries import Stats
from salesforce.client import Client
from salesforce.errors import Missing, Refused
from salesforce.models import BulkJob, SyncLog
from salesforce.push import tables
from salesforce.push.consume import ALIAS
from salesforce.push.keep import Keeper, Outcome
from salesforce.push.kinds import Kind
from salesforce.push.plan import CHUNK, Item, Planner
from salesforce.push.verdicts import Kind as Fate
from salesforce.push.verdicts import Verdict, of_bulk_error

FIRST_LOOK_S, LONGEST_LOOK_S = 0.5, 15.0  # between looks at a job
TOO_LONG_S = 6 * 3600  # that Salesforce works on a job: then people hear of it, and it is still looked at
State = BulkJob.State
_OVER = ("JobComplete", "Failed", "Aborted")

_ASSIGN = """
UPDATE {table} AS t SET job_id = %s, planned_at = n.planned_at, planned = n.planned
FROM jsonb_to_recordset(%s) AS n(id bigint, planned_at timestamptz, planned jsonb)
WHERE t.st_customer_id = n.id
"""


@dataclass
class Bulk:
    """Of one kind. `is_late`: whether the rest is left to the next run. `told`: hears how many records are done."""

    client: Client
    kind: Kind
    keeper: Keeper
    stats: Stats
    sleep: Callable[[float], None]
    is_late: Callable[[], bool]
    told: Callable[[int], None]

    def finish_begun(self) -> bool:
        """Jobs of runs before. False: one is still worked on."""
        rows = BulkJob.objects.filter(sobject=self.kind.sobject).exclude(state__in=(State.DONE, State.FAILED)).order_by("id")
        over = [self._advance(job) for job in rows]  # all of them, also behind one that is not over
        return all(over)

    def send(self, planner: Planner) -> bool:
        """Everything that is due, a job after the other. False: the rest is for the next run."""
        items = planner.items()
        while not self.is_late() and (job := self._planned(items)) is not None:
            if not self._advance(job):
                return False
        return not self.is_late()

    # The steps

    def _planned(self, items: Iterator[Item]) -> BulkJob | None:
        job: BulkJob | None = None
        columns: dict[str, None] = {}
        records, most = 0, settings.SALESFORCE_BULK_ROWS
        while part := list(islice(items, min(CHUNK, most - records))):
            with transaction.atomic(using=ALIAS):
                self.keeper.own()
                job = job or BulkJob.objects.create(run=self.keeper.run, sobject=self.kind.sobject, made_at=timezone.now())
                self._assign(job, part)
                columns |= dict.fromkeys(name for item in part for name in item.wanted.values)
                records += len(part)
                BulkJob.objects.filter(pk=job.pk).update(columns=list(columns), records=records)
        if job is not None:
            job.columns, job.records = list(columns), records
        return job

    def _assign(self, job: BulkJob, part: list[Item]) -> None:
        rows = [
            {
                "id": item.row.pk, "planned_at": item.planned_at.isoformat(),
                "planned": {
                    "values": item.wanted.values, "hash": item.wanted.hash, "name": item.wanted.name, "notes": item.wanted.notes,
                },
            }
            for item in part
        ]  # fmt: skip
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(_ASSIGN.format(table=self.kind.table), [job.pk, json.dumps(rows)])

    def _advance(self, job: BulkJob) -> bool:
        """As far as it goes now. Whether it is over."""
        if job.state == State.PLANNED:
            job.sf_job_id = self.client.make_job(self.kind.sobject, settings.SALESFORCE_KEY_FIELD, self.stats)
            self._note(job, State.OPEN, sf_job_id=job.sf_job_id)
        if job.state == State.OPEN:
            self._upload(job)
        if job.state == State.UPLOADED:
            self._close(job)
        return job.state in (State.DONE, State.FAILED) or self._watch(job)

    def _upload(self, job: BulkJob) -> None:
        rows = self._rows(job).values_list("pk", "planned")
        content, included = tables.written(
            settings.SALESFORCE_KEY_FIELD, job.columns, ((pk, planned["values"]) for pk, planned in rows.iterator(CHUNK))
        )
        if len(included) < job.records:  # too much for one job: the rest is due again
            self._free(self._rows(job).exclude(pk__in=included))
            self._note(job, State.OPEN, records=len(included))
        assert job.sf_job_id is not None
        try:
            self.client.upload(job.sf_job_id, content, self.stats)
        except Refused as refused:  # perhaps the data are there, of a run that died behind this very step
            self._give_up(job, f"The data could not be added: {refused}")
            return
        self._note(job, State.UPLOADED)

    def _close(self, job: BulkJob) -> None:
        assert job.sf_job_id is not None
        try:
            self.client.change_job(job.sf_job_id, "UploadComplete", self.stats)
        except Missing as gone:
            self._give_up(job, str(gone))
            return
        except Refused as refused:  # closed already, by a call whose answer was lost
            told = str(self.client.job(job.sf_job_id, self.stats)["state"])
            if told in ("Open", "Aborted"):
                self._give_up(job, str(refused))
                return
        self._note(job, State.CLOSED, closed_at=timezone.now())

    def _watch(self, job: BulkJob) -> bool:
        assert job.sf_job_id is not None
        pause = FIRST_LOOK_S
        while True:
            try:
                told = self.client.job(job.sf_job_id, self.stats)
            except Missing as gone:
                self._give_up(job, f"Salesforce does not know the job any more: {gone}")
                return True
            if told["state"] in _OVER:
                self._settle(job, told)
                return True
            self._note(job, State.CLOSED, told=told["state"], error=self._slow(job))
            if self.is_late():
                return False
            self.sleep(pause)
            pause = min(LONGEST_LOOK_S, pause * 1.5)

    @staticmethod
    def _slow(job: BulkJob) -> str:
        since = (timezone.now() - job.closed_at).total_seconds() if job.closed_at else 0.0
        return f"Salesforce has been at it for {since / 3600:.0f} hours." if since > TOO_LONG_S else ""

    # The end

    def _settle(self, job: BulkJob, told: dict[str, Any]) -> None:
        """Results are joined by the key. A record that is in none of them is sent again."""
        assert job.sf_job_id is not None
        said = str(told.get("errorMessage") or "")
        numbers = {"succeeded": 0, "failed": 0}
        for name, which in (("succeeded", "successfulResults"), ("failed", "failedResults")):
            result = tables.read(self.client.job_results(job.sf_job_id, which, self.stats))
            while part := list(islice(result, CHUNK)):
                numbers[name] += self._store(job, part)
        left = self._rows(job)
        unprocessed = left.count()
        if unprocessed:
            self._free(left, said or "Salesforce's results did not say what became of it.")
        over = State.DONE if told["state"] == "JobComplete" else State.FAILED
        self._note(job, over, told=told["state"], error=said, finished_at=timezone.now(), unprocessed=unprocessed, **numbers)

    def _store(self, job: BulkJob, part: list[dict[str, str]]) -> int:
        verdicts = {int(key): _verdict(row) for row in part if (key := row.get(settings.SALESFORCE_KEY_FIELD, "")).isdigit()}
        rows = self._rows(job).filter(pk__in=verdicts)
        outcomes = [
            Outcome(
                row, verdicts[row.pk], row.planned["name"], row.planned["hash"], row.planned["values"], row.planned_at,
                row.planned["notes"],
            )
            for row in rows
        ]  # fmt: skip
        self.keeper.store(self.kind, outcomes, SyncLog.Api.BULK, job)
        self.told(len(outcomes))
        return len(outcomes)

    def _give_up(self, job: BulkJob, why: str) -> None:
        """Before it was closed: nothing of it was done."""
        assert job.sf_job_id is not None
        with suppress(Refused):  # where it is over already, or gone
            self.client.change_job(job.sf_job_id, "Aborted", self.stats)
        with transaction.atomic(using=ALIAS):
            self._free(self._rows(job))
            self._note(job, State.FAILED, error=why, finished_at=timezone.now())

    def _free(self, rows: Any, why: str = "") -> None:
        told = {"reason": why} if why else {}
        rows.update(job=None, planned=None, planned_at=None, due_at=timezone.now(), **told)

    def _rows(self, job: BulkJob) -> Any:
        return self.kind.model._default_manager.filter(job_id=job.pk).order_by("pk")

    def _note(self, job: BulkJob, state: str, **columns: Any) -> None:
        for name, value in {"state": state, **columns}.items():
            setattr(job, name, value)
        BulkJob.objects.filter(pk=job.pk).update(state=state, **columns)


def _verdict(row: dict[str, str]) -> Verdict:
    """What is worth another try is sent again by the usual way, which knows how to mend it."""
    if "sf__Error" not in row:
        return Verdict(Fate.DONE, row.get("sf__Id") or None, row.get("sf__Created") == "true")
    verdict = of_bulk_error(row["sf__Error"])
    again = (Fate.AGAIN, Fate.ONCE_MORE, Fate.WITHOUT, Fate.STOP)
    return Verdict(Fate.LATER, None, False, verdict.code, verdict.reason, verdict.fields) if verdict.kind in again else verdict
