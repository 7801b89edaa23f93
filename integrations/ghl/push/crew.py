"""Several threads that do one thing to many: what they are handed is bounded, and the first that fails ends all."""

import contextvars
import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

from django.db import connections

T = TypeVar("T")


class Crew(Generic[T]):
    """`with Crew(8, work, alias) as crew: crew.give(item)`. The block's end waits until all is done.

    `give` raises what a thread raised; so does the end of the block. Threads act as whoever made the crew.
    """

    def __init__(self, size: int, work: Callable[[T], None], alias: str) -> None:
        self._work, self._alias = work, alias
        self._items: queue.Queue[T | None] = queue.Queue(size)
        self._error: BaseException | None = None
        self._threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(self._run,), name=f"push {number}", daemon=True)
            for number in range(size)
        ]

    def give(self, item: T) -> None:
        while self._error is None:
            try:
                self._items.put(item, timeout=0.2)
            except queue.Full:
                continue
            return
        raise self._error

    def __enter__(self) -> "Crew[T]":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None and self._error is None:
            self._error = error
        for _ in self._threads:
            self._items.put(None)
        for thread in self._threads:
            thread.join()
        if error is None and self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while (item := self._items.get()) is not None:
                if self._error is None:
                    self._one(item)
        finally:
            connections[self._alias].close()

    def _one(self, item: T) -> None:
        try:
            self._work(item)
        except BaseException as error:
            self._error = self._error or error
