"""Who watches a run: the command draws bars or lines, the worker keeps still."""

from typing import Any


class Progress:
    """Told by several threads. This one keeps still. `tally` is a `ledger.Tally`."""

    def begin(self, entity: str, mode: str) -> None: ...

    def page(self, entity: str, tally: Any) -> None: ...

    def wait(self, entity: str, seconds: float, why: str) -> None: ...

    def end(self, entity: str, state: str, tally: Any, error: str) -> None: ...
