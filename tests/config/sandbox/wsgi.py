"""Calls a WSGI app as a server would."""

import io
import json
from collections.abc import Callable, Iterable
from typing import Any

App = Callable[..., Iterable[bytes]]


class Reply:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(
    app: App,
    method: str,
    path: str,
    query: str = "",
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    caller: str = "127.0.0.1",
    content_type: str = "application/x-www-form-urlencoded",
) -> Reply:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": content_type,
        "REMOTE_ADDR": caller,
        "wsgi.input": io.BytesIO(body),
    }
    environ |= {"HTTP_" + name.upper().replace("-", "_"): value for name, value in (headers or {}).items()}
    started: list[Any] = []

    def start(status: str, fields: list[tuple[str, str]], exc_info: Any = None, /) -> Callable[[bytes], object]:
        started.extend((status, fields))
        return started.append

    chunks = app(environ, start)
    return Reply(int(started[0].split()[0]), dict(started[1]), b"".join(chunks))
