"""The OAuth endpoints: one object that knows the org, its app and what was granted (contract section 1)."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from config.sandbox.http import Answer, Request, json_answer
from config.sandbox.moments import SECOND
from salesforce.sandbox.oauth import assertions, identity
from salesforce.sandbox.oauth.grants import Approval, Grants, Scopes, Session
from salesforce.sandbox.oauth.refusals import OAuthRefusal, dead_token, invalid_grant, unknown_client, wrong_secret
from salesforce.sandbox.org.org import Org
from salesforce.sandbox.switches import Switches

JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FLOWS = {name: name for name in ("authorization_code", "refresh_token", "client_credentials")} | {JWT: "jwt"}
SYNONYMS = {"offline_access": "refresh_token"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A call to an OAuth endpoint. `base`: the address it came to."""

    request: Request
    form: dict[str, str]
    base: str
    switches: Switches
    now: int


class Server:
    """Called under the sandbox's lock."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.grants = Grants(org.seed, org.credentials.org_id)
        self._by_flow: dict[str, Callable[[Asked], Answer]] = {
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh_token,
            "client_credentials": self._by_credentials,
            "jwt": self._by_assertion,
        }

    # Who calls

    def known(self, client_id: str, switches: Switches) -> bool:
        """A new app takes minutes until it is known everywhere."""
        clock = self.org.clock
        ready = clock.ticks() - clock.start >= switches.app_delay * SECOND
        return ready and hmac.compare_digest(client_id.encode(), self.org.credentials.client_id.encode())

    def _check_client(self, asked: Asked, *, secret_needed: bool) -> None:
        given = (asked.form.get("client_id", ""), asked.form.get("client_secret", ""))
        client_id, secret = asked.request.basic() or given
        if not self.known(client_id, asked.switches):
            raise unknown_client(asked.switches)
        if not secret and not secret_needed:
            return
        if not hmac.compare_digest(secret.encode(), self.org.credentials.client_secret.encode()):
            raise wrong_secret(asked.switches)

    def _check_living(self, switches: Switches) -> None:
        if not switches.org_active:
            raise OAuthRefusal("inactive_org", "organization is not active")
        if not self.org.user_active:
            raise OAuthRefusal("inactive_user", "user is inactive")

    # The token endpoint

    def token(self, asked: Asked) -> Answer:
        flow = _FLOWS.get(asked.form.get("grant_type", ""))
        if flow is None or flow not in asked.switches.flows:
            raise OAuthRefusal("unsupported_grant_type", "grant type not supported")
        if flow != "jwt":
            self._check_client(asked, secret_needed=asked.switches.secret_required or flow == "client_credentials")
        if "scope" in asked.form and asked.switches.refresh_scope == "refuse":
            raise OAuthRefusal("invalid_request", "scope parameter not supported")
        self._check_living(asked.switches)
        return self._by_flow[flow](asked)

    def _by_code(self, asked: Asked) -> Answer:
        code = self.grants.redeem(asked.form.get("code", ""), asked.now, asked.switches)
        if asked.form.get("redirect_uri") != code.redirect_uri:
            raise OAuthRefusal("redirect_uri_mismatch", "redirect_uri must match configuration")
        if code.challenge:
            self._check_verifier(code.challenge, asked.form.get("code_verifier", ""), asked.switches)
        if "refresh_token" not in code.scopes:
            return self._granted(asked, code.scopes)
        approval = self.grants.approve(code.scopes, asked.now, asked.switches)
        return self._granted(asked, code.scopes, approval, tell=True)

    @staticmethod
    def _check_verifier(challenge: str, verifier: str, switches: Switches) -> None:
        hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        if not verifier:
            raise invalid_grant("invalid code verifier")
        fits = switches.verifier_length == "any" or 43 <= len(verifier) <= 128
        if not fits or not hmac.compare_digest(hashed, challenge):
            raise OAuthRefusal(switches.pkce_mismatch_error, "invalid code verifier")

    def _by_refresh_token(self, asked: Asked) -> Answer:
        approval, new = self.grants.refresh(asked.form.get("refresh_token", ""), asked.now, asked.switches)
        return self._granted(asked, approval.scopes, approval, tell=new)

    def _by_credentials(self, asked: Asked) -> Answer:
        if asked.switches.host != "my_domain":
            raise invalid_grant("request not supported on this domain")
        if not asked.switches.run_as:
            raise invalid_grant("no client credentials user enabled")
        return self._granted(asked, self._without_refresh(asked.switches))

    def _by_assertion(self, asked: Asked) -> Answer:
        who = self.org.credentials
        assertions.check(
            asked.form.get("assertion", ""),
            pem=who.certificate,
            issuer=who.client_id,
            subject=who.username,
            audiences=(asked.base, *asked.switches.jwt_audiences),
        )
        if not asked.switches.jwt_preauthorised:
            raise invalid_grant("user hasn't approved this consumer")
        return self._granted(asked, self._without_refresh(asked.switches))

    @staticmethod
    def _without_refresh(switches: Switches) -> Scopes:
        return tuple(scope for scope in switches.scopes if scope != "refresh_token")

    def _granted(self, asked: Asked, scopes: Scopes, approval: Approval | None = None, *, tell: bool = False) -> Answer:
        """There is no expires_in, and issued_at is a text of milliseconds."""
        session = self.grants.session(scopes, asked.now, asked.switches, approval)
        who = self.org.credentials
        id = f"{asked.base}/id/{who.org_id}/{who.user_id}"
        issued = str(asked.now // 10_000)
        signed = hmac.new(who.client_secret.encode(), (id + issued).encode(), hashlib.sha256).digest()
        body = {
            "access_token": session.token,
            **({"refresh_token": approval.token} if approval is not None and tell else {}),
            "signature": base64.b64encode(signed).decode(),
            "scope": " ".join(scopes),
            "instance_url": asked.switches.instance_url or asked.base,
            "id": id,
            "token_type": "Bearer",
            "issued_at": issued,
        }
        return json_answer(body)

    # The others

    def revoke(self, asked: Asked) -> Answer:
        if self.grants.revoke(asked.form.get("token", "")):
            return Answer(200, b"")
        raise OAuthRefusal(asked.switches.revoke_unknown, "this token is not known or no longer good")

    def introspect(self, asked: Asked) -> Answer:
        self._check_client(asked, secret_needed=True)
        token = asked.form.get("token", "")
        session = self.grants.look(token, asked.now)
        approval = self.grants.refreshable(token)
        if session is None and approval is None:
            return json_answer({"active": False})
        return json_answer(self._introspected(asked, session, approval))

    def _introspected(self, asked: Asked, session: Session | None, approval: Approval | None) -> dict[str, Any]:
        who = self.org.credentials
        scopes = session.scopes if session is not None else approval.scopes if approval is not None else ()
        body: dict[str, Any] = {
            "active": True,
            "scope": " ".join(scopes),
            "client_id": who.client_id,
            "username": who.username,
            "sub": f"{asked.base}/id/{who.org_id}/{who.user_id}",
            "token_type": "access_token" if session is not None else "refresh_token",
        }
        if session is not None:
            made, ends = session.made // SECOND, session.ends // SECOND
            body |= {"iat": made, "nbf": made, "exp": ends}
        return body

    def userinfo(self, asked: Asked) -> Answer:
        self._identified(asked)
        return json_answer(identity.userinfo(self.org, asked.base))

    def identity(self, asked: Asked, org_id: str, user_id: str) -> Answer:
        self._identified(asked)
        who = self.org.credentials
        if (org_id, user_id) != (who.org_id, who.user_id):
            return Answer(403, b"Wrong_Org" if org_id != who.org_id else b"Bad_Id", {"Content-Type": "text/plain"})
        return json_answer(identity.identity(self.org, asked.base))

    def _identified(self, asked: Asked) -> None:
        token = bearer(asked.request)
        if self.grants.use(token, asked.now, asked.switches) is None or not self.org.user_active:
            raise IdentityRefusal("Bad_OAuth_Token" if token else "Missing_OAuth_Token", asked.switches)

    def admitted(self, request: Request, now: int, switches: Switches) -> Session:
        """The session of a call to the API."""
        session = self.grants.use(bearer(request), now, switches)
        if session is None or not self.org.user_active or not switches.org_active:
            raise dead_token()
        return session


class IdentityRefusal(Exception):
    """One word as plain text."""

    def __init__(self, word: str, switches: Switches) -> None:
        super().__init__(word)
        self.word = word
        self.status = switches.identity_refusal_status

    def answer(self) -> Answer:
        return Answer(self.status, self.word.encode(), {"Content-Type": "text/plain"})


def bearer(request: Request) -> str:
    """The API takes both words."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() in {"bearer", "oauth"} else ""
