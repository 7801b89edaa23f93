"""Who watches a run: the command draws bars or lines, the worker keeps still."""


class Progress:
    """Told by several threads. This one keeps still."""

    def begin(self, kind: str, total: int, seconds: float) -> None:
        """`total` records of a kind are due; at the vendor's pace that takes about `seconds`."""

    def step(self, kind: str) -> None:
        """One more record is done."""

    def wait(self, seconds: float, why: str) -> None: ...

    def end(self, kind: str) -> None: ...
