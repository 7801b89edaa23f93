"""Requests and answers between the WSGI face and the routes."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")
SURROGATE = "\ue000"  # stands for half an emoji until the text is encoded
_HALF = (SURROGATE.encode(), rb"\ud83d")
MAX_BODY = 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @classmethod
    def from_environ(cls, environ: Mapping[str, Any], most: int = MAX_BODY) -> "Request":
        """`most`: bytes of the body that are read."""
        headers = {
            name[5:].replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        headers["content-type"] = environ.get("CONTENT_TYPE") or ""
        chunked = "chunked" in headers.get("transfer-encoding", "") and environ.get("CONTENT_LENGTH") is None
        length = most if chunked else min(int(environ.get("CONTENT_LENGTH") or 0), most)
        return cls(
            environ["REQUEST_METHOD"],
            (environ.get("PATH_INFO") or "/").encode("latin-1").decode(errors="replace"),  # WSGI's bytes in disguise
            parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True),
            headers,
            environ["wsgi.input"].read(length) if length else b"",
        )

    def last(self, name: str) -> str | None:
        values = self.query.get(name)
        return values[-1] if values else None

    def form(self) -> dict[str, str]:
        """The body's fields, the last of each name."""
        return {name: values[-1] for name, values in parse_qs(self.body.decode("latin-1")).items()}

    def basic(self) -> tuple[str, str] | None:
        """Name and password of HTTP Basic; None without it, two empty ones where it is garbled."""
        kind, _, coded = self.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(coded).decode().partition(":")
        except ValueError:
            return "", ""
        return unquote_plus(name), unquote_plus(password)


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    chunks: Iterator[bytes] | None = None  # set by a fault: what is really sent, in place of the body

    @property
    def status_line(self) -> str:
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"{self.status} Unknown"


_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"


def html_page(status: int, title: str) -> Answer:
    """What a gateway in front of an API says when nothing behind it answers."""
    return Answer(status, _PAGE.format(status, title).encode(), {"Content-Type": "text/html; charset=utf-8"})


def encode(value: Any) -> bytes:
    return _encoder.encode(value).replace(*_HALF)


def json_answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, encode(value), {"Content-Type": "application/json; charset=utf-8"})
