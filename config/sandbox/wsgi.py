"""The WSGI face of a sandbox: its own controls under /sandbox/, the emulated vendor everywhere else."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from config.sandbox.controls import PREFIX, Controls, is_local
from config.sandbox.http import MAX_BODY, Answer, Request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse


class Face(ABC):
    controls: Controls
    max_body = MAX_BODY

    @abstractmethod
    def answer(self, request: Request) -> Answer:
        """The vendor's answer."""

    def finish(self, request: Request, answer: Answer) -> None:  # noqa: B027 - optional
        """A last change to any answer, controls included."""

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        request = Request.from_environ(environ, self.max_body)
        if request.path.startswith(PREFIX) and is_local(environ.get("REMOTE_ADDR", "127.0.0.1")):
            answer = self.controls.answer(request)
        else:
            answer = self.answer(request)
        self.finish(request, answer)
        answer.headers.setdefault("Content-Length", str(len(answer.body)))
        start_response(answer.status_line, list(answer.headers.items()))
        return _once(answer.body) if answer.chunks is None else answer.chunks


def _once(body: bytes) -> Iterator[bytes]:
    yield body
