"""Bodies as callers may send them: with a length, in chunks, too large, in any letters."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from config.isolation.egress import guard
from config.sandbox.http import Request
from config.sandbox.loopback import running


def echo(environ: dict[str, Any], start: Any) -> Iterator[bytes]:
    request = Request.from_environ(environ)
    body = f"{request.path}:".encode() + request.body
    start("200 OK", [("Content-Length", str(len(body)))])
    yield body


@pytest.fixture
def url() -> Iterator[str]:
    with guard.trusted("these tests call a server of their own"), running(echo) as url:
        yield url


def test_a_body_in_chunks_and_the_next_call_on_the_same_connection(url: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        chunks = session.post(f"{url}/a", data=iter([b"one", b"two" * 10_000]), timeout=5)
        assert chunks.content == b"/a:one" + b"two" * 10_000
        assert session.post(f"{url}/b", data=b"next", timeout=5).content == b"/b:next"


def test_a_path_in_any_letters(url: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{url}/\u00fc%2F%F0%9F%98%80", timeout=5).text == "/\u00fc/\U0001f600:"


@pytest.mark.parametrize("length", ["9", None])
def test_what_is_read_of_a_body(length: str | None) -> None:
    """A server that undoes chunks itself gives no length."""
    environ: dict[str, Any] = {"REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO(b"123456789")}
    environ |= {"HTTP_TRANSFER_ENCODING": "chunked"} if length is None else {"CONTENT_LENGTH": length}
    assert Request.from_environ(environ).body == b"123456789"
    environ["wsgi.input"].seek(0)
    assert Request.from_environ(environ, 5).body == b"12345"


def test_basic_and_form() -> None:
    def request(body: bytes = b"", **headers: str) -> Request:
        return Request("POST", "/", {}, headers, body)

    assert request(b"a=1&a=2&b=%C3%BC").form() == {"a": "2", "b": "\u00fc"}
    assert request(authorization="Basic YTpi").basic() == ("a", "b")
    assert request(authorization="Basic !").basic() == ("", "")
    assert request(authorization="Bearer YTpi").basic() is None
