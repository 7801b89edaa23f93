"""Vendors made of real sockets: one that answers as told, and one that behaves badly."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.sandbox.loopback import running

Answer = tuple[str, list[tuple[str, str]], bytes]


@dataclass
class Vendor:
    """Answers with what `answers` holds, the last of them for ever, and remembers what it was asked."""

    url: str = ""
    answers: list[Answer] = field(default_factory=lambda: [("200 OK", [], b"{}")])
    seen: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        query = f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else ""
        self.seen.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}{query}")
        status, headers, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def vendor(settings: Settings) -> Iterator[Vendor]:
    """Both addresses of ServiceTitan lead here, and the test acts as its unit."""
    app = Vendor()
    with running(app) as url, acting_as("servicetitan"):
        app.url = settings.SERVICETITAN_API_URL = settings.SERVICETITAN_AUTH_URL = url
        yield app


@contextmanager
def misbehaving(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that reads a request and then does with the connection what it is told to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(listener, behave, over), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join(5)


def _serve(listener: socket.socket, behave: Callable[[socket.socket], None], over: threading.Event) -> None:
    while not over.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        with connection:
            connection.settimeout(5)
            try:
                connection.recv(65_536)
                behave(connection)
            except OSError:
                continue
