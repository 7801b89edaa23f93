"""Where Twilio and mail programs come to. Answered at once; the unit's worker does the rest."""

import logging
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from automation.messaging.models import Inbox
from automation.messaging.webhooks import inbox, links
from automation.messaging.webhooks.inbox import Told
from automation.messaging.webhooks.signatures import HEADER, is_genuine
from config.embedded import EmbeddedError
from config.jobs.bell import Bell

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
LONGEST = 2000  # of what somebody wrote
Kind = Inbox.Kind
TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'  # nothing is to be said

bell = Bell("automation.answers")


@csrf_exempt
@require_POST
def status(request: HttpRequest, key: str) -> HttpResponse:
    """How a message fares. Twilio does not try a status again, whatever the answer."""
    if refused := _refused(request):
        return refused
    sid, state = request.POST.get("MessageSid", ""), request.POST.get("MessageStatus", "")
    if not sid or not state:
        return _plain(HTTPStatus.BAD_REQUEST, "MessageSid and MessageStatus are missing.")
    code = request.POST.get("ErrorCode", "")
    told = Told(
        f"twilio:{sid}:{state}", Kind.STATUS, provider_id=sid, message_key=key, address=request.POST.get("To", ""),
        state=state, error_code=code,
    )  # fmt: skip
    return _store(told, _plain(HTTPStatus.OK, "Noted."))


@csrf_exempt
@require_POST
def inbound(request: HttpRequest) -> HttpResponse:
    """What somebody wrote. It is never answered from here: Twilio answers STOP, START and HELP itself."""
    if refused := _refused(request):
        return refused
    sid, sender = request.POST.get("MessageSid", ""), request.POST.get("From", "")
    if not sid or not sender:
        return _plain(HTTPStatus.BAD_REQUEST, "MessageSid and From are missing.")
    text = request.POST.get("Body", "").replace("\0", "")[:LONGEST]
    told = Told(f"twilio:{sid}", Kind.INBOUND, provider_id=sid, address=sender, text=text)
    return _store(told, HttpResponse(TWIML, content_type="text/xml"))


@csrf_exempt  # a mail program posts without a cookie (RFC 8058); the link itself is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET changes nothing: programs that look for viruses follow every link."""
    try:
        link = links.read(token)
    except links.BadLink as bad:
        return render(request, "messaging/unsubscribe.html", {"error": str(bad)}, status=HTTPStatus.NOT_FOUND)
    if request.method != "POST":
        return render(request, "messaging/unsubscribe.html", {"address": link.address})
    told = Told(f"unsubscribe:{token[-64:]}", Kind.UNSUBSCRIBE, message_key=link.message_key, address=link.address)
    return _store(told, render(request, "messaging/unsubscribe.html", {"address": link.address, "done": True}))


def _refused(request: HttpRequest) -> HttpResponse | None:
    announced = request.headers.get("Content-Length", "")
    if not announced.isdigit() or int(announced) > MOST_BYTES:
        return _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A webhook has {MOST_BYTES} bytes at most.")
    try:
        fields = dict(request.POST.lists())
    except RequestDataTooBig:
        return _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "There are too many fields.")
    if is_genuine(request.get_full_path(), fields, request.headers.get(HEADER, "")):
        return None
    log.warning("A webhook with a wrong signature was refused. Twilio's? See BACKOFFICE_TWILIO_AUTH_TOKEN and HUB_PUBLIC_URL.")
    return _plain(HTTPStatus.FORBIDDEN, "The signature is missing or wrong.")


def _store(told: Told, done: HttpResponse) -> HttpResponse:
    try:
        new = inbox.put(told)
    except (Error, EmbeddedError) as error:
        log.warning("An answer (%s) could not be stored: %s", told.kind, type(error).__name__)
        return _plain(HTTPStatus.SERVICE_UNAVAILABLE, "It cannot be stored just now: try again.")
    if new:
        bell.ring()
    return done


def _plain(code: HTTPStatus, words: str) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=code, content_type="text/plain; charset=utf-8")
