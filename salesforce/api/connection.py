"""Routes: connecting, how the connection stands, disconnecting."""

import hashlib
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from ninja import P, QueryEx, Router

from config.isolation import switches
from config.isolation.egress.retries import Stats
from config.isolation.manifest import SWITCHES
from salesforce.api import schemas
from salesforce.api.access import Scope, Session, scoped
from salesforce.api.problems import responses
from salesforce.errors import SalesforceError
from salesforce.http import shared_redis
from salesforce.models import Org
from salesforce.oauth.consent import Consent
from salesforce.oauth.standing import standing

router = Router(tags=["Connection"])


@router.get(
    "auth", url_name="auth", auth=Session(), response={302: None, **responses(409)}, summary="Connect: consent in Salesforce"
)
def auth(request: HttpRequest) -> HttpResponse:
    """For a person in a browser: the answer leads to Salesforce's page."""
    return HttpResponseRedirect(_address(request, browser=_browser(request)))


@scoped(Scope.CONNECT)
def _address(request: HttpRequest, browser: str) -> str:
    return Consent(shared_redis()).address(browser)


@router.get("callback", auth=Session(), response={302: None, **responses()}, summary="Where Salesforce sends the browser back")
def callback(
    request: HttpRequest,
    state: QueryEx[str, P(max_length=500)] = "",
    code: QueryEx[str, P(max_length=5000)] = "",
    error: QueryEx[str, P(max_length=200)] = "",
    error_description: QueryEx[str, P(max_length=1000)] = "",
) -> HttpResponse:
    """Leads to the admin, which says what came of it."""
    try:
        said = _finished(request, state, code, error, error_description, browser=_browser(request))
    except SalesforceError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    return HttpResponseRedirect(reverse("admin:salesforce_org_changelist"))


@scoped(Scope.CONNECT)
def _finished(request: HttpRequest, state: str, code: str, error: str, description: str, browser: str) -> str:
    consent = Consent(shared_redis())
    if error or not code:
        raise consent.refused(state, browser, error or "no code", description)
    grant = consent.finish(state, code, browser, Stats())
    return f"Connected to the org {grant.org_id}."


def _browser(request: HttpRequest) -> str:
    """Tells this login from every other, and opens nothing."""
    return hashlib.sha256(f"salesforce {request.session.session_key}".encode()).hexdigest()


@router.get("status", response={200: schemas.Standing, **responses()}, summary="How the connection stands")
@scoped(Scope.READ)
def status(request: HttpRequest) -> dict[str, Any]:
    org = Org.objects.order_by("-seen_at").defer("objects_described").first()
    try:
        switch = str(switches.read(SWITCHES["salesforce"]).mode)
    except switches.SwitchedOff:
        switch = "unknown"
    return standing().as_dict() | {
        "switch": switch, "calls_used": org.calls_used if org else None, "calls_most": org.calls_most if org else None,
        "findings": org.findings if org else [],
    }  # fmt: skip


@router.post("disconnect", response={200: schemas.Disconnected, **responses()}, summary="Revoke and forget the connection")
@scoped(Scope.CONNECT)
def disconnect(request: HttpRequest) -> dict[str, Any]:
    """The tokens are forgotten here even where Salesforce cannot be told; then `problem` says so."""
    done = Consent(shared_redis()).disconnect(Stats())
    return {"was_connected": done.was_connected, "revoked": done.revoked, "problem": done.problem}
