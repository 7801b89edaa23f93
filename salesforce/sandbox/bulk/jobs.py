"""Ingest jobs (contract section 6): what they were told, how far they are, and what became of their rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from config.sandbox.moments import DAY, HOUR
from salesforce.sandbox.faults import Rule
from salesforce.sandbox.org.ids import Ids
from salesforce.sandbox.switches import Switches

OPERATIONS = ("insert", "update", "upsert", "delete")
DELIMITERS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
OVER = ("JobComplete", "Failed", "Aborted")
Cells = list[str]


@dataclass(slots=True)
class Job:
    id: str
    sobject: str
    operation: str
    key: str
    ending: str
    delimiter: str
    version: int
    made: int
    user: str
    state: str = "Open"
    changed: int = 0
    looks: int = 0  # at the present state
    data: bytearray = field(default_factory=bytearray)
    uploads: int = 0
    header: Cells = field(default_factory=list)
    rows: list[Cells] = field(default_factory=list)
    done: int = 0  # rows that were tried
    saved: list[tuple[str, bool, Cells]] = field(default_factory=list)  # (id, created, cells)
    failed: list[tuple[str, str, Cells]] = field(default_factory=list)  # (id, error, cells)
    error: str = ""
    fault: Rule | None = None
    number: int = 0  # of the call that closed it, for faults

    @property
    def running(self) -> bool:
        return self.state in {"UploadComplete", "InProgress"}

    def move(self, state: str, now: int) -> None:
        self.state, self.changed, self.looks = state, now, 0


class Jobs:
    def __init__(self, seed: int) -> None:
        self._ids = Ids(seed, "750")
        self._jobs: dict[str, Job] = {}

    def forget(self) -> None:
        self._jobs.clear()

    def next_id(self) -> str:
        return self._ids.next()

    def add(self, job: Job) -> None:
        self._jobs[job.id] = job

    def find(self, id: str, now: int, switches: Switches) -> Job | None:
        """None also when its results are no longer kept. An open one is aborted when its time is over (A)."""
        job = self._jobs.get(id)
        if job is None:
            return None
        if job.state in OVER and now - job.changed > switches.bulk_results_days * DAY:
            self.remove(job)
            return None
        if job.state == "Open" and now - job.made > switches.bulk_open_hours * HOUR:
            job.move("Aborted", now)
        return job

    def all(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def remove(self, job: Job) -> None:
        del self._jobs[job.id]
