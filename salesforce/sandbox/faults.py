"""The faults of config/sandbox/faults.py in this vendor's words, and those that only its calls can have.

row_error      the call is carried out, and of its rows the share `rows` (or those whose key or Id matches `key`) fail
               with `code`, `message` where given. Also for single rows and, set on the call that closes a job, in Bulk
job_fails      set on the call that closes a job: it ends Failed when the share `rows` of its rows is done
half           the first half of a collection's rows is saved, and then the call fails with `status`
fewer          a collection is saved whole, but the answer lacks the last result
session_ends   the access token is dead from this call on, which is refused (with commit: carried out all the same)
repeat         the last good answer of this path once more; the call itself is not carried out (with commit, it is)
twice          a proxy in between repeats the call: it is carried out twice, and the second answer is given

`throttle` answers 403 REQUEST_LIMIT_EXCEEDED; `retry_after` says what limit and whether with a header: `none` (the
day's), `concurrent` (25 long calls at once), `bare` (429 as some clients expect), `seconds` (429 with Retry-After).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from config.sandbox import faults
from config.sandbox.chance import hits, mix, salt
from config.sandbox.http import Answer
from salesforce.sandbox.api.errors import Problem, dead_session, limit_exceeded

ROWS = ("row_error", "job_fails", "half", "fewer")
ACTIONS = (*faults.ACTIONS, *ROWS, "session_ends", "repeat", "twice")
TEXTS = {
    "UNABLE_TO_LOCK_ROW": "unable to obtain exclusive access to this record or 1 records: {id}",
    "TooManyLockFailure": "Too many lock failures while processing the current batch.",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "HubTrigger: execution of BeforeUpdate caused by: System.NullPointerException",
    "UNKNOWN_EXCEPTION": "An unexpected error occurred. Please include this ErrorId if you contact support: 1-1 (1)",
}


@dataclass(frozen=True, slots=True)
class Rule(faults.Rule):
    ACTIONS: ClassVar[tuple[str, ...]] = ACTIONS

    rows: float = 1.0
    key: str = ""  # a regular expression
    code: str = "UNABLE_TO_LOCK_ROW"
    message: str = ""

    @property
    def lost(self) -> bool:
        """Whether the call is refused by the fault itself."""
        return self.action == "session_ends" and not self.commit

    def problem(self, call: int, number: int, key: str, id: str) -> Problem | None:
        """What a row fails with: the `number`th of the `call`th call, named by a key, an id, or both."""
        chosen = re.search(self.key, f"{key} {id}") if self.key else hits(self.rows, mix(salt(self.seed, "rows") ^ call), number)
        if self.action != "row_error" or not chosen:
            return None
        return Problem(self.code, self.message or TEXTS.get(self.code, self.code).format(id=id), ())


def rules_from(values: Iterable[dict[str, Any]]) -> list[Rule]:
    return faults.rules_from(values, Rule)


def _unauthorized(rule: faults.Rule) -> Answer:
    return dead_session().answer()


def _throttle(rule: faults.Rule) -> Answer:
    kind = "ConcurrentPerOrgLongTxn" if rule.retry_after == "concurrent" else "TotalRequests"
    answer = limit_exceeded(kind, 429 if rule.retry_after in {"bare", "seconds"} else 403).answer()
    if rule.retry_after == "seconds":
        answer.headers["Retry-After"] = str(max(1, round(rule.seconds)))
    return answer


REFUSALS: dict[str, Callable[[faults.Rule], Answer]] = {"unauthorized": _unauthorized, "throttle": _throttle}
