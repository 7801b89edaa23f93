"""Where GoHighLevel delivers its events. Answered at once; the unit's worker does the rest.

The vendor tries again only after a 429, so that is the answer to what would go well another time, and to nothing else.
"""

import logging
from http import HTTPStatus

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from config.complaints import Complaints
from config.embedded import EmbeddedError
from config.jobs.bell import Bell
from integrations.ghl.webhooks import hints, inbox
from integrations.ghl.webhooks.hints import Hint, Unreadable
from integrations.ghl.webhooks.signatures import is_genuine

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024

bell = Bell("ghl.inbound")
complaints = Complaints(log)
asked_again = inbox.AskedAgain()


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    body = _body(request)
    if body is None:
        return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"An event has {MOST_BYTES} bytes at most.")
    if not is_genuine(body, request.headers):
        complaints.add("A webhook without a good signature was refused. If GoHighLevel sent it, check HUB_GHL_WEBHOOK_KEY.")
        return _answer(HTTPStatus.UNAUTHORIZED, "The signature is missing or wrong.")
    try:
        hint = hints.read(body)
    except Unreadable as error:
        complaints.add(f"A webhook of GoHighLevel was refused. {error}")
        return _answer(HTTPStatus.BAD_REQUEST, str(error))
    if not hint.is_fresh(timezone.now()) and not asked_again.has(hint.id):
        complaints.add("A webhook of GoHighLevel was refused: it is older than 5 minutes, or the clocks differ.")
        return _answer(HTTPStatus.UNAUTHORIZED, "The timestamp is too old, or too far ahead.")
    return _store(hint) if hint.matters else _answer(HTTPStatus.OK, "Nothing to do.")


def _body(request: HttpRequest) -> bytes | None:
    """None: it is too large. A longer one is not read."""
    announced = request.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > MOST_BYTES:
        return None
    body = request.read(MOST_BYTES + 1)
    return body if len(body) <= MOST_BYTES else None


def _store(hint: Hint) -> HttpResponse:
    try:
        new = inbox.put(hint)
    except (Error, EmbeddedError) as error:
        asked_again.add(hint.id)
        log.warning("An event of GoHighLevel could not be stored, which is asked to send it again: %s", type(error).__name__)
        return _answer(HTTPStatus.TOO_MANY_REQUESTS, "It cannot be stored just now: send it again.")
    asked_again.drop(hint.id)
    if new:
        bell.ring()
    return _answer(HTTPStatus.OK, "Noted." if new else "Nothing to do.")


def _answer(status: HTTPStatus, words: str) -> HttpResponse:
    response = HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")
    response._has_been_logged = True  # type: ignore[attr-defined] # else Django writes a line for each; ours are fewer
    return response
