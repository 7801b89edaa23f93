"""What was granted and is still good: codes, approvals with their refresh tokens, sessions (contract sections 1.3 to 1.6)."""

from dataclasses import dataclass, field
from itertools import count
from random import getrandbits

from config.sandbox.chance import mix, salt
from config.sandbox.moments import DAY, SECOND
from salesforce.sandbox.oauth.refusals import dead_token, invalid_grant
from salesforce.sandbox.switches import Switches

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._"
Scopes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    redirect_uri: str
    challenge: str
    scopes: Scopes
    made: int


@dataclass(slots=True)
class Approval:
    """What a user's click on Allow gave the app: a family of refresh tokens of which one is good."""

    scopes: Scopes
    token: str
    used: int  # when last
    spent: set[str] = field(default_factory=set)
    alive: bool = True


@dataclass(slots=True)
class Session:
    token: str
    scopes: Scopes
    made: int
    ends: int
    approval: Approval | None
    calls: int = 0


class Grants:
    """Called under the sandbox's lock."""

    def __init__(self, seed: int, org_id: str) -> None:
        self._salt = salt(seed, "grants") ^ getrandbits(63)  # no token of a sandbox that was stopped comes again
        self._numbers = count(1)
        self._org = org_id[:15]
        self.forget()

    def forget(self) -> None:
        """Every code, approval and session given out so far is dead."""
        self._codes: dict[str, Code] = {}
        self._approvals: list[Approval] = []
        self._families: dict[str, Approval] = {}
        self._sessions: dict[str, Session] = {}
        self.rotations = self.replays = self.pushed_out = 0

    def expire(self) -> None:
        """Access tokens only: what a few hours would do."""
        self._sessions.clear()

    def end(self, token: str) -> None:
        self._sessions.pop(token, None)

    def _noise(self, length: int) -> str:
        letters: list[str] = []
        while len(letters) < length:
            bits = mix(self._salt ^ next(self._numbers))
            letters += [_LETTERS[bits >> shift & 63] for shift in range(0, 60, 6)]
        return "".join(letters[:length])

    # Codes

    def code(self, redirect_uri: str, challenge: str, scopes: Scopes, now: int, switches: Switches) -> str:
        text = "aPrx" + self._noise(60) + ("==" if switches.code_padding else "")
        self._codes[text] = Code(redirect_uri, challenge, scopes, now)
        return text

    def redeem(self, text: str, now: int, switches: Switches) -> Code:
        """A code is used up also by an exchange that fails afterwards."""
        code = self._codes.get(text)
        if switches.code_single_use:
            self._codes.pop(text, None)
        if code is None or now - code.made > switches.code_seconds * SECOND:
            raise invalid_grant("expired authorization code")
        return code

    # Approvals

    def approve(self, scopes: Scopes, now: int, switches: Switches) -> Approval:
        """One more than a user may have kills the oldest."""
        living = [approval for approval in self._approvals if approval.alive]
        for oldest in living[: max(0, len(living) + 1 - switches.approvals)]:
            self._kill(oldest)
            self.pushed_out += 1
        approval = Approval(scopes, self._refresh_token(), now)
        self._approvals.append(approval)
        self._families[approval.token] = approval
        return approval

    def _refresh_token(self) -> str:
        return "5Aep861" + self._noise(80)

    def _kill(self, approval: Approval) -> None:
        approval.alive = False
        self._sessions = {token: one for token, one in self._sessions.items() if one.approval is not approval}

    def refresh(self, token: str, now: int, switches: Switches) -> tuple[Approval, bool]:
        """The approval, and whether its token is a new one."""
        approval = self._families.get(token)
        if approval is None or not approval.alive:
            raise dead_token()
        if token in approval.spent:
            self.replays += 1
            if switches.replay == "revoke_family":
                self._kill(approval)
            raise dead_token()
        if switches.refresh_idle_days and now - approval.used > switches.refresh_idle_days * DAY:
            self._kill(approval)
            raise dead_token()
        approval.used = now
        if switches.rotate_refresh_tokens:
            approval.spent.add(approval.token)
            approval.token = self._refresh_token()
            self._families[approval.token] = approval
            self.rotations += 1
        return approval, switches.rotate_refresh_tokens

    # Sessions

    def session(self, scopes: Scopes, now: int, switches: Switches, approval: Approval | None = None) -> Session:
        head = f"{self._org}!"
        token = head + self._noise(max(20, switches.access_token_length - len(head)))
        made = self._sessions[token] = Session(token, scopes, now, now + int(switches.session_seconds * SECOND), approval)
        return made

    def look(self, token: str, now: int) -> Session | None:
        """The living session of a token, which this is no use of."""
        session = self._sessions.get(token)
        return session if session is not None and session.ends > now else None

    def use(self, token: str, now: int, switches: Switches) -> Session | None:
        session = self.look(token, now)
        if session is None:
            return None
        session.calls += 1
        if switches.session_dies_after_calls and session.calls > switches.session_dies_after_calls:
            self.end(token)
            return None
        if switches.session_slides:
            session.ends = now + int(switches.session_seconds * SECOND)
        return session

    def revoke(self, token: str) -> bool:
        """An access token alone; a refresh token with all its access tokens. False for one that is not known."""
        if token in self._sessions:
            self.end(token)
            return True
        approval = self._families.get(token)
        if approval is None or not approval.alive:
            return False
        self._kill(approval)
        return True

    def refreshable(self, token: str) -> Approval | None:
        approval = self._families.get(token)
        return approval if approval is not None and approval.alive and approval.token == token else None

    def report(self) -> dict[str, int]:
        living = sum(approval.alive for approval in self._approvals)
        told = {"approvals": living, "sessions": len(self._sessions), "rotations": self.rotations}
        return {**told, "replays": self.replays, "pushedOut": self.pushed_out}
