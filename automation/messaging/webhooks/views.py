"""Where Twilio and mail programs come to. Answered at once; the unit's worker does the rest."""

import logging
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import Error
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from automation.messaging.models import Inbox
from automation.messaging.webhooks import inbox, links
from automation.messaging.webhooks.inbox import Told
from automation.messaging.webhooks.signatures import HEADER, is_genuine
from config.complaints import Complaints
from config.embedded import EmbeddedError
from config.jobs.bell import Bell

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
LONGEST = 2000  # of what somebody wrote
Kind = Inbox.Kind
TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'  # nothing is to be said

bell = Bell("automation.answers")
complaints = Complaints(log)


@csrf_exempt
@require_POST
def status(request: HttpRequest, key: str) -> HttpResponse:
    """How a message fares."""
    if refused := _refused(request, links.status_url(key)):
        return refused
    sid, state = _field(request, "MessageSid"), _field(request, "MessageStatus")
    if not sid or not state:
        return _plain(HTTPStatus.BAD_REQUEST, "MessageSid and MessageStatus are missing.")
    told = Told(
        f"twilio:{sid}:{state}", Kind.STATUS, provider_id=sid, message_key=key, address=_field(request, "To"), state=state,
        error_code=_field(request, "ErrorCode"),
    )  # fmt: skip
    return _store(told, _plain(HTTPStatus.OK, "Noted."))


@csrf_exempt
@require_POST
def inbound(request: HttpRequest) -> HttpResponse:
    """What somebody wrote. It is never answered from here: Twilio answers STOP, START and HELP itself, and says with OptOutType
    what it took a word of the account's own for (Advanced Opt-Out)."""
    if refused := _refused(request, f"{settings.HUB_PUBLIC_URL}{request.get_full_path()}"):
        return refused
    sid, sender = _field(request, "MessageSid"), _field(request, "From")
    if not sid or not sender:
        return _plain(HTTPStatus.BAD_REQUEST, "MessageSid and From are missing.")
    told = Told(
        f"twilio:{sid}", Kind.INBOUND, provider_id=sid, address=sender, state=_field(request, "OptOutType").lower(),
        text=_field(request, "Body", LONGEST),
    )  # fmt: skip
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
    # Who said yes again later may use an old link once more: only the clicks of the same minute are one.
    key = f"unsubscribe:{timezone.now():%Y%m%d%H%M}:{token[-64:]}"
    told = Told(key, Kind.UNSUBSCRIBE, message_key=link.message_key, address=link.address)
    return _store(told, render(request, "messaging/unsubscribe.html", {"address": link.address, "done": True}))


def _refused(request: HttpRequest, url: str) -> HttpResponse | None:
    """`url`: the one that Twilio called, and signed."""
    announced = request.headers.get("Content-Length", "")
    if not announced.isdigit() or int(announced) > MOST_BYTES:
        return _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A webhook has {MOST_BYTES} bytes at most.")
    try:
        fields = dict(request.POST.lists())
    except (SuspiciousOperation, MultiPartParserError, UnreadablePostError):
        return _plain(HTTPStatus.BAD_REQUEST, "The fields cannot be read.")
    if is_genuine(url, fields, request.headers.get(HEADER, "")):
        return None
    complaints.add(
        "A webhook with a wrong signature was refused. If Twilio sent it, check BACKOFFICE_TWILIO_AUTH_TOKEN, and that the "
        "address Twilio calls begins with HUB_PUBLIC_URL."
    )
    return _plain(HTTPStatus.FORBIDDEN, "The signature is missing or wrong.")


def _field(request: HttpRequest, name: str, longest: int = 200) -> str:
    return str(request.POST.get(name, "")).replace("\0", "")[:longest]


def _store(told: Told, done: HttpResponse) -> HttpResponse:
    try:
        new = inbox.put(told)
    except (Error, EmbeddedError) as error:
        complaints.add(f"What came in ({told.kind}) could not be stored: {type(error).__name__}.")
        return _plain(HTTPStatus.SERVICE_UNAVAILABLE, "It cannot be stored just now: try again.")
    if new:
        bell.ring()
    return done


def _plain(code: HTTPStatus, words: str) -> HttpResponse:
    response = HttpResponse(f"{words}\n", status=code, content_type="text/plain; charset=utf-8")
    response._has_been_logged = True  # type: ignore[attr-defined] # else Django writes a line for each; ours are fewer
    return response
