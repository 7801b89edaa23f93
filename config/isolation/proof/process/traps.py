"""Loopback servers that stand in for the vendors during a proof: they count who reached them, and with what."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REDIRECT = "/redirect"  # below any path: answered with a redirect to the other trap


@dataclass
class Trap:
    """`reached`: "METHOD path" of every request that arrived."""

    port: int = 0
    target: str = ""
    reached: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def traps() -> Iterator[tuple[Trap, Trap]]:
    """(the unit's own vendor, somebody else's server)."""
    with _serving() as foreign, _serving() as own:
        own.target = foreign.url
        yield own, foreign


@contextmanager
def _serving() -> Iterator[Trap]:
    trap = Trap()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            trap.reached.append(f"{self.command} {self.path}")
            away = self.path.endswith(REDIRECT)
            self.send_response(302 if away else 200)
            if away:
                self.send_header("Location", f"{trap.target}/stolen")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the base class asks for these names

        def log_message(self, format: str, *args: Any) -> None:
            """Silent: a proof prints its own matrix."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    trap.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield trap
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
