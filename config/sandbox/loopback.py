"""A small threaded HTTP/1.1 server for any WSGI app on loopback: real sockets and keep-alive, several in one process.

Why not a finished one: wsgiref closes after every answer, and Werkzeug's is a development dependency
that turns an exception in the body into a logged traceback instead of a cut connection.
"""

import io
import ipaddress
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

App = Callable[[dict[str, Any], Any], Iterable[bytes]]
_SMALL = 65_536  # header and body of this size go out in one packet train


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, app: App, host: str, port: int) -> None:
        self.app = app
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        """End idle keep-alive connections, whose threads would otherwise wait for ever."""
        with self._lock:
            for connection in self._open:
                _hang_up(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away, and faults that cut a connection, are nothing to print; bugs are."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def serve(self) -> None:
        answer = self.server.app(self._environ(), self._start)
        try:
            self._deliver(iter(answer))
        finally:
            getattr(answer, "close", bool)()

    def _deliver(self, chunks: Iterator[bytes]) -> None:
        first = next(chunks, b"")
        head = self._head()
        self._send(head + first if len(first) < _SMALL else head)
        if len(first) >= _SMALL:
            self._send(first)
        for chunk in chunks:
            self._send(chunk)
        if self._left > 0:
            self.close_connection = True

    def __getattr__(self, name: str) -> Any:
        """The base class asks for do_GET, do_POST and so on: one method serves them all."""
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self._status = status
        self._fields = headers
        lengths = [int(value) for name, value in headers if name.lower() == "content-length"]
        self._left = lengths[0] if lengths else 0
        self.close_connection = self.close_connection or not lengths

    def _head(self) -> bytes:
        lines = [f"HTTP/1.1 {self._status}", f"Date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in self._fields]
        lines.append(f"Connection: {'close' if self.close_connection else 'keep-alive'}")
        head = "\r\n".join(lines) + "\r\n\r\n"
        self._left += len(head)
        return head.encode("latin-1")

    def _send(self, data: bytes) -> None:
        """Never more than was announced: the rest would be read as the next answer."""
        data = data[: self._left]
        self._left -= len(data)
        self.wfile.write(data)

    def _environ(self) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        body = self._body()
        environ = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": str(self.server.server_address[0]),
            "SERVER_PORT": str(self.server.server_address[1]),
            "wsgi.version": (1, 0),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
        }
        for name, value in self.headers.items():
            if name.lower() not in {"content-type", "content-length"}:
                environ.setdefault("HTTP_" + name.upper().replace("-", "_"), value)
        return environ

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self._line().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self._line()
        while self._line().strip():
            continue  # trailers say nothing here
        return b"".join(chunks)

    def _line(self) -> bytes:
        line = self.rfile.readline()
        if not line:
            raise ConnectionResetError("The client left in the middle of its body.")
        return line

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the sandbox counts its calls itself."""


@contextmanager
def running(app: App, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread; gives the base URL. Leaving it ends waits on the app's `closing` event.

    Anything but loopback is refused: a sandbox has no real locks.
    """
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError("The sandbox listens on loopback only.")
    closing = getattr(app, "closing", threading.Event())
    closing.clear()
    server = _Server(app, host, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        server.drop_connections()
        thread.join(5)
