"""One statement tried as one unit, rolled back in the same breath, and what PostgreSQL said to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import pq

from config.isolation.manifest import Unit
from config.isolation.proof.acts import Act, Result

FENCE = "database"

# What counts as a refusal, and nothing else: a mistyped statement must not look like a closed fence.
REFUSALS = {
    "42501": "insufficient privilege",
    "25006": "a write in a read-only transaction",
    "01007": "GRANT by somebody who may not: PostgreSQL only warns, and grants nothing",
    "01006": "REVOKE by somebody who may not: it only warns, and revokes nothing",
}
_ONLY_WARN = ("01006", "01007")


@dataclass(frozen=True)
class Try:
    """`statement` is rolled back, unless it is `alone`: then it cannot run in a transaction, and `after` undoes it.

    `reached`: SQLSTATEs that only come behind the fence, such as of a file that does not exist.
    """

    place: str
    what: str
    statement: str
    may: bool = False
    alone: bool = False
    reached: tuple[str, ...] = ()
    after: str = ""


class Session:
    """A unit's own connection. One message to the server and one answer for each try."""

    def __init__(self, unit: Unit, connection: "psycopg.Connection[Any]") -> None:
        self._unit = unit
        self._pgconn = connection.pgconn
        self._warned: list[tuple[str, str]] = []
        connection.add_notice_handler(self._notice)

    def results(self, tries: Iterable[Try]) -> Iterator[Result]:
        for attempt in tries:
            state, words = self._execute(attempt.statement if attempt.alone else f"{attempt.statement}; ROLLBACK")
            self._clean(attempt.after)
            yield judged(self._unit, attempt, state, words)

    def _notice(self, said: psycopg.errors.Diagnostic) -> None:
        if said.sqlstate in _ONLY_WARN:
            self._warned.append((said.sqlstate, said.message_primary or ""))

    def _execute(self, text: str) -> tuple[str, str]:
        """(SQLSTATE, words) of the error, or of the warning that nothing was done; ("", "") where all went well."""
        self._warned.clear()
        result = self._pgconn.exec_(text.encode())
        if result.status in (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT):
            self._end_copy(result.status)
            return "", ""
        if result.status == pq.ExecStatus.FATAL_ERROR:
            state = result.error_field(pq.DiagnosticField.SQLSTATE) or b"08000"
            words = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or result.error_message
            return state.decode(), words.decode(errors="replace")
        return self._warned[0] if self._warned else ("", "")

    def _end_copy(self, status: int) -> None:
        if status == pq.ExecStatus.COPY_IN:
            self._pgconn.put_copy_end(b"this was only a try")
        else:
            while self._pgconn.get_copy_data(0)[0] > 0:
                pass
        while self._pgconn.get_result() is not None:
            pass

    def _clean(self, after: str) -> None:
        if self._pgconn.transaction_status != pq.TransactionStatus.IDLE:
            self._pgconn.exec_(b"ROLLBACK")
        if after:
            self._pgconn.exec_(after.encode())


def judged(unit: Unit, attempt: Try, state: str, words: str) -> Result:
    """Neither done nor refused means that nothing was proven: a surprise, whatever was expected."""
    act = Act(unit.name, FENCE, attempt.place, attempt.what, attempt.may)
    if not state or state in attempt.reached:
        return Result(act, worked=True, detail=words)
    if state in REFUSALS:
        return Result(act, worked=False, detail=words)
    return Result(act, worked=not attempt.may, detail=f"nothing proven, the try itself failed: {state} {words}")
