"""The browser's part of the web-server flow: what may be asked for, the page to click on, and the way back."""

from html import escape
from urllib.parse import urlencode

from config.sandbox.http import Answer
from salesforce.sandbox.oauth.grants import Scopes
from salesforce.sandbox.oauth.server import SYNONYMS, Asked, Server

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Allow access? - Salesforce sandbox</title><style>
body {{ font: 16px/1.5 sans-serif; background: #f3f3f3; color: #181818 }}
main {{ max-width: 26em; margin: 4em auto; padding: 1.5em 2em; background: #fff; border: 1px solid #ccc; border-radius: 4px }}
button {{ font: inherit; padding: .4em 1.4em; margin-right: .6em }}
</style></head><body><main>
<h1>Allow access?</h1>
<p>The app is asking to work in <b>{org}</b> as <b>{user}</b>. This is a sandbox: nothing here reaches Salesforce.</p>
<ul>{scopes}</ul>
<form method="post" action="authorize">{fields}
<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></form>
</main></body></html>"""
_WORDS = {
    "api": "Manage user data via APIs (api)",
    "refresh_token": "Perform requests at any time (refresh_token, offline_access)",
    "id": "Access the identity URL service (id)",
    "openid": "Access unique user identifiers (openid)",
}
_KEPT = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")


def authorize(server: Server, asked: Asked) -> Answer:
    """`asked.form`: the query of the first call, or the fields of the page that was clicked on."""
    form = asked.form
    if not server.known(form.get("client_id", ""), asked.switches):
        return _stopped("invalid_client_id", "client identifier invalid")
    if form.get("redirect_uri") not in server.org.credentials.redirect_uris:
        return _stopped("redirect_uri_mismatch", "redirect_uri must match configuration")
    wrong = _wrong(asked)
    if wrong is not None:
        return _back(asked, error=wrong[0], error_description=wrong[1])
    decision = form.get("decision") or asked.switches.consent
    if decision == "page" and form.get("immediate") == "true":
        return _back(asked, error="immediate_unsuccessful", error_description="immediate unsuccessful")
    if decision == "page":
        return _page(server, asked)
    if decision != "allow":
        return _back(asked, error=asked.switches.denial, error_description="end-user denied authorization")
    return _back(asked, code=code(server, asked))


def code(server: Server, asked: Asked) -> str:
    form = asked.form
    return server.grants.code(form["redirect_uri"], form.get("code_challenge", ""), scopes(asked), asked.now, asked.switches)


def scopes(asked: Asked) -> Scopes:
    """What is asked for; without a word, all that the app may have (A)."""
    names = (SYNONYMS.get(name, name) for name in asked.form.get("scope", "").split())
    return tuple(dict.fromkeys(names)) or asked.switches.scopes


def _wrong(asked: Asked) -> tuple[str, str] | None:
    """What is told to the app, at its callback."""
    if asked.form.get("response_type") != "code":
        return "unsupported_response_type", "response type not supported"
    if not asked.form.get("code_challenge") and asked.switches.pkce_required:
        return "invalid_request", "missing required code challenge"
    if asked.form.get("code_challenge_method", "S256") != "S256":
        return "invalid_request", "code challenge method not supported"
    if not set(scopes(asked)) <= set(asked.switches.scopes):
        return "invalid_scope", "the requested scope is not allowed"
    return None


def _back(asked: Asked, **answer: str) -> Answer:
    if "state" in asked.form:
        answer["state"] = asked.form["state"]
    uri = asked.form["redirect_uri"]
    return Answer(302, b"", {"Location": f"{uri}{'&' if '?' in uri else '?'}{urlencode(answer)}"})


def _stopped(error: str, description: str) -> Answer:
    """Who can't be sent back sees a page (A: its look)."""
    text = f"<h1>OAuth Error</h1><p>error={error}&amp;error_description={description}</p>"
    return _html(400, f"<!DOCTYPE html><html><body>{text}</body></html>")


def _html(status: int, page: str) -> Answer:
    return Answer(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


def _page(server: Server, asked: Asked) -> Answer:
    org = server.org
    name = next(iter(org.tables["Organization"].all()))["Name"]
    kept = {field: asked.form[field] for field in _KEPT if field in asked.form}
    fields = "".join(f'<input type="hidden" name="{field}" value="{escape(value)}">' for field, value in kept.items())
    wanted = "".join(f"<li>{escape(_WORDS.get(scope, scope))}</li>" for scope in scopes(asked))
    page = _PAGE.format(org=escape(name), user=escape(org.credentials.username), scopes=wanted, fields=fields)
    return _html(200, page)
