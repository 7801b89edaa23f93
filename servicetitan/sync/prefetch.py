"""Fetching the next pages while the last one is loaded."""

import contextvars
import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

DEPTH = 1  # one page waits while one is loaded: that hides the network, and bounds a feed's memory


class _End:
    pass


class Prefetch(Generic[T]):
    """Iterate over `source`, which runs ahead in a thread of its own. Use as a context manager: it ends the thread.

    What `source` raises is raised here, behind the items that came before it.
    """

    def __init__(self, source: Iterator[T], name: str) -> None:
        self._source = source
        self._queue: queue.Queue[T | BaseException | _End] = queue.Queue(maxsize=DEPTH)
        self._stop = threading.Event()
        context = contextvars.copy_context()  # the acting unit goes along
        self._thread = threading.Thread(target=context.run, args=(self._run,), name=name, daemon=True)

    def __enter__(self) -> Iterator[T]:
        self._thread.start()
        return self._items()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=5)  # a call that is under way may take its whole timeout: it does no harm

    def _run(self) -> None:
        try:
            for item in self._source:
                if not self._put(item):
                    return
            self._put(_End())
        except BaseException as error:  # handed over to the thread that iterates
            self._put(error)

    def _put(self, item: T | BaseException | _End) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    def _items(self) -> Iterator[T]:
        while True:
            item = self._queue.get()
            if isinstance(item, _End):
                return
            if isinstance(item, BaseException):
                raise item
            yield item
