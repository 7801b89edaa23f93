"""What went wrong with a call, whichever vendor's: whether another try may cure it, and whether the first one may have worked."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from config.isolation.errors import IsolationError

BROKEN = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)


class TryAgain(Exception):
    """This try failed in a way that another try may cure.

    `kind`: "connect", "timeout", "gateway" or "limit". `pause`: seconds the vendor asks for. `unknown`: the vendor may
    have done what was asked, so only a call that may be repeated is made again.
    """

    def __init__(self, kind: str, why: str, pause: float | None = None, *, unknown: bool = True) -> None:
        super().__init__(why)
        self.kind, self.why, self.pause, self.unknown = kind, why, pause, unknown


def kind_of(error: Exception) -> str:
    """One word for the record of the call."""
    if isinstance(error, IsolationError):
        return "refused"
    if isinstance(error, requests.Timeout) and not isinstance(error, requests.ConnectTimeout):
        return "timeout"
    if isinstance(error, requests.ConnectionError):
        return "connect" if never_left(error) else "broken"
    return "broken" if isinstance(error, BROKEN) else type(error).__name__


def as_try_again(error: requests.RequestException) -> TryAgain | None:
    """What an exception of `requests` means; None where another try would meet it again."""
    if isinstance(error, requests.Timeout):
        connect = isinstance(error, requests.ConnectTimeout)
        return TryAgain("connect" if connect else "timeout", "no answer in time", unknown=not connect)
    if isinstance(error, BROKEN):
        return TryAgain("gateway", "the answer broke off")
    if isinstance(error, requests.ConnectionError):
        return TryAgain("connect", "no connection", unknown=not never_left(error))
    return None


def never_left(error: requests.ConnectionError) -> bool:
    """Whether no byte of the request can have reached the vendor."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return True
    return any(isinstance(argument, ssl.SSLCertVerificationError) for argument in getattr(reason, "args", ()))


def told_pause(response: requests.Response) -> float | None:
    """Seconds that the header Retry-After asks for, which may be a number or a date; None without a readable one."""
    header = response.headers.get("Retry-After", "").strip()
    if header.isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def worth_keeping(
    response: requests.Response, pause: Callable[[requests.Response], float | None] = told_pause
) -> requests.Response:
    """The response, unless another try may bring a better one: then TryAgain.

    `pause` reads how long the vendor asks to wait; it is asked only then, for it may have to read the whole answer.
    """
    status = response.status_code
    if status == 429:
        raise TryAgain("limit", "rate limit", pause(response), unknown=False)
    if status >= 500 or status == 408:
        told = pause(response)
        turned_away = status == 503 and told is not None  # at the door: nothing was done
        raise TryAgain("gateway", f"HTTP {status}", told, unknown=not turned_away)
    return response
