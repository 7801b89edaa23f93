"""Processes that die, fail once, or work beside this one: as far as the database can tell."""

import contextvars
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from django.db import connections

from automation.workflows.events import ALIAS


class Crash(BaseException):
    """The process is gone: nothing catches this."""


class Fault(Exception):
    """Something fails once, such as a connection."""


@contextmanager
def breaking(at: int, how: type[BaseException], waits: Callable[[], object] = lambda: None) -> Iterator[None]:
    """The statement of this number is not carried out, once."""
    left = itertools.count(1)

    def step(execute: Callable[..., Any], *given: Any) -> Any:
        if next(left) == at:
            waits()
            raise how
        return execute(*given)

    with connections[ALIAS].execute_wrapper(step):
        yield


class Worker:
    """A second process, as far as the database can tell: a thread with a connection of its own."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.context = contextvars.copy_context()

    def call(self, what: Callable[[], Any]) -> "Future[Any]":
        return self.pool.submit(self.context.run, what)

    @staticmethod
    def beside(other: "Future[Any]", what: Callable[[], Any]) -> Any:
        """Do it, and do not leave before the other one is done, whatever happens."""
        try:
            return what()
        finally:
            wait([other])

    def close(self) -> None:
        self.call(connections.close_all).result()
        self.pool.shutdown()
