"""Serves recorded pages with next to no work of its own, as a process beside the benchmark.

python -m servicetitan.sandbox.recorded record --folder pages --customers 10000 --page-size 1000
python -m servicetitan.sandbox.recorded serve --folder pages --state changed --latency 0.15
"""

import argparse
import json
import socketserver
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from config.sandbox.clock import Clock
from servicetitan.sandbox.company.company import Company
from servicetitan.sandbox.recorder import MANIFEST, read_token, record_company

STATES = ("initial", "changed", "unchanged")
_TOKEN = json.dumps(
    {"access_token": "recorded.tenant.token", "expires_in": 900, "token_type": "Bearer", "scope": ""}
).encode()
_NOT_FOUND = b'{"statusCode":404,"message":"Unable to match incoming request to an operation."}'


class RecordedTenant:
    """One recorded company. `state` may be changed while it is served; any token and key are accepted."""

    def __init__(self, folder: Path, *, state: str = "initial", latency: float = 0.0) -> None:
        manifest = json.loads((folder / MANIFEST).read_text())
        self.folder = folder
        self.state = state
        self.latency = latency
        self.calls = 0
        self._feeds: dict[str, tuple[str, dict[str, int]]] = {
            feed["path"]: (entity, feed["pages"]) for entity, feed in manifest["feeds"].items()
        }
        self._lists: dict[str, str] = manifest["lists"]

    def page(self, path: str, query: str) -> Path | bytes | None:
        """The file to send, or a body made on the spot; None for a path that was not recorded."""
        resource = _resource(path)
        if resource in self._lists:
            return self.folder / self._lists[resource]
        if resource not in self._feeds:
            return None
        entity, pages = self._feeds[resource]
        token = parse_qs(query).get("from", [""])[0]
        number = read_token(token) or 0
        if number < pages["changed" if self.state == "changed" else "initial"]:
            return self.folder / entity / f"{number:06d}.json"
        return json.dumps({"hasMore": False, "continueFrom": token, "data": []}).encode()


def _resource(path: str) -> str:
    """crm/export/customers from /crm/v2/tenant/1/export/customers."""
    parts = path.split("/", 5)
    return f"{parts[1]}/{parts[5]}" if len(parts) == 6 else ""


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: "_Server"

    def handle(self) -> None:
        while self._one():
            continue

    def _one(self) -> bool:
        first = self.rfile.readline(65_536)
        if not first.strip():
            return False
        length = 0
        while (line := self.rfile.readline(65_536)) not in {b"\r\n", b"\n", b""}:
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        body = self.rfile.read(length) if length else b""
        method, target = first.decode("latin-1").split(" ")[:2]
        self._answer(method, *target.partition("?")[::2], body)
        return True

    def _answer(self, method: str, path: str, query: str, body: bytes) -> None:
        tenant = self.server.tenant
        tenant.calls += 1
        if path == "/sandbox/state":
            if method != "GET":
                tenant.state = json.loads(body)["state"]
            self._send(json.dumps({"state": tenant.state, "calls": tenant.calls}).encode())
            return
        if tenant.latency:
            time.sleep(tenant.latency)
        found = _TOKEN if path == "/connect/token" else tenant.page(path, query)
        if isinstance(found, Path):
            self._send_file(found)
        else:
            self._send(*((_NOT_FOUND, "404 Not Found") if found is None else (found, "200 OK")))

    def _send(self, body: bytes, status: str = "200 OK") -> None:
        self.connection.sendall(_head(status, len(body)) + body)

    def _send_file(self, path: Path) -> None:
        with path.open("rb") as file:
            self.connection.sendall(_head("200 OK", path.stat().st_size))
            self.connection.sendfile(file)


def _head(status: str, length: int) -> bytes:
    fields = f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {length}"
    return f"HTTP/1.1 {status}\r\n{fields}\r\n\r\n".encode()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, tenant: RecordedTenant, port: int) -> None:
        self.tenant = tenant
        super().__init__(("127.0.0.1", port), _Connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in mid-answer is nothing to print; bugs are."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def serving(tenant: RecordedTenant, port: int = 0) -> Iterator[str]:
    """In a thread of this process; a benchmark uses a process of its own instead."""
    with _Server(tenant, port) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server.address
        finally:
            server.shutdown()


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    if options.action == "record":
        clock = Clock.frozen(datetime.fromisoformat(options.start).replace(tzinfo=UTC))
        company = Company(options.customers, seed=options.seed, clock=clock)
        manifest = record_company(company, options.page_size, options.folder)
        _say(json.dumps(manifest["counts"]))
        return
    tenant = RecordedTenant(options.folder, state=options.state, latency=options.latency)
    with _Server(tenant, options.port) as server:
        _say(server.address)
        server.serve_forever()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m servicetitan.sandbox.recorded")
    actions = parser.add_subparsers(dest="action", required=True)
    record = actions.add_parser("record", help="write a company's export pages to files")
    record.add_argument("--folder", type=Path, required=True)
    record.add_argument("--customers", type=int, default=10_000)
    record.add_argument("--page-size", type=int, default=1000)
    record.add_argument("--seed", type=int, default=1)
    record.add_argument("--start", default="2026-06-01")
    serve = actions.add_parser("serve", help="serve pages written before")
    serve.add_argument("--folder", type=Path, required=True)
    serve.add_argument("--port", type=int, default=0)
    serve.add_argument("--state", choices=STATES, default="initial")
    serve.add_argument("--latency", type=float, default=0.0, help="seconds before every answer")
    return parser


if __name__ == "__main__":
    main()
