"""One call on its way while the next one is prepared and the one before is stored: never two at once."""

import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

from django.db import connections

T = TypeVar("T")
R = TypeVar("R")


class Ahead(Generic[T, R]):
    """`with Ahead(work) as ahead`: `give` begins with one and returns what came of the one before; `last` of the last."""

    def __init__(self, work: Callable[[T], R]) -> None:
        self._work = work
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="push")
        self._future: Future[R] | None = None

    def give(self, item: T) -> R | None:
        """Raises what the one before raised; then this one is not begun."""
        before = self.last()
        self._future = self._pool.submit(contextvars.copy_context().run, self._work, item)
        return before

    def last(self) -> R | None:
        future, self._future = self._future, None
        return None if future is None else future.result()

    def __enter__(self) -> "Ahead[T, R]":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.submit(connections.close_all)
        self._pool.shutdown()
