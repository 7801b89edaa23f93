"""Who watches a long run: the command draws bars or lines (`watching`), the worker keeps still."""


class Progress:
    """Told by several threads. This one keeps still."""

    def begin(self, kind: str, total: int, seconds: float | None = None) -> None:
        """`total` records of a kind are due; at the vendor's pace, where it sets one, that takes about `seconds`."""

    def step(self, kind: str, count: int = 1) -> None:
        """So many more records are done."""

    def wait(self, seconds: float, why: str) -> None: ...

    def end(self, kind: str) -> None: ...
