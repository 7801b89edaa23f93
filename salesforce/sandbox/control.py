"""The sandbox's own controls under /sandbox/, JSON over HTTP, for callers on this machine only.

GET  /sandbox/state                        clock, counts, duplicates made, limits, grants, calls, switches, faults
GET  /sandbox/records/{object}             every living contact or account, as it truly is
GET  /sandbox/records/{object}/{id}        one of them, deleted or not
GET  /sandbox/identities/{object}/{field}  what was made more than once for the same value (see counting.py)
GET  /sandbox/jobs                         Bulk jobs: state and numbers
PUT  /sandbox/switches   {name: value}     sets some switches (see switches.py)
PUT  /sandbox/faults     [rule, ...]       replaces the rules (see faults.py)
PUT  /sandbox/app        {"redirect_uris": [...], "certificate": pem, "client_secret": s, ...}   the app's set-up
PUT  /sandbox/rules      [{"sobject": o, "field": f, "pattern": p, "message": m}, ...]   validation rules of the org
PUT  /sandbox/usage      {"others": n}     calls that the org's other integrations have used up
POST /sandbox/human      {"act": name, ...}            a person acts in the org's own screens (see human.py)
POST /sandbox/authorize  {"redirect_uri": u, "code_challenge": c, "scope": s}   a code, as a click on Allow gives it
POST /sandbox/session    {"scope": s}      an access token, without any flow
POST /sandbox/expire     {}                kills every access token; {"all": true}: refresh tokens too
POST /sandbox/advance    {"seconds": n} or {"hours": n}   moves the clock
POST /sandbox/reset      {}                first day, first switches, no faults, no records
"""

import threading
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from config.sandbox.controls import Usual
from config.sandbox.faults import Faults
from config.sandbox.http import Answer, Request
from config.sandbox.traffic import Traffic
from salesforce.sandbox import counting
from salesforce.sandbox.api.call import ApiState
from salesforce.sandbox.faults import rules_from
from salesforce.sandbox.human import Human
from salesforce.sandbox.oauth import assertions, consent
from salesforce.sandbox.oauth.server import Asked, Server
from salesforce.sandbox.org.fields import BadField
from salesforce.sandbox.org.ids import whole
from salesforce.sandbox.org.org import Org, Rule
from salesforce.sandbox.org.sobjects import MAIN
from salesforce.sandbox.switches import Switches

_APP = {"redirect_uris", "certificate", "client_id", "client_secret", "username"}


class Controlled(Protocol):
    """What can be controlled: the parts of a sandbox."""

    org: Org
    switches: Switches
    faults: Faults
    oauth: Server
    api: ApiState
    traffic: Traffic
    lock: threading.RLock


class Control(Usual):
    def __init__(self, sandbox: Controlled) -> None:
        self._sandbox = sandbox
        commands: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "jobs"): lambda _: self._jobs(),
            ("PUT", "app"): self._app,
            ("PUT", "rules"): self._rules,
            ("PUT", "usage"): self._usage,
            ("POST", "human"): self._human,
            ("POST", "authorize"): self._authorize,
            ("POST", "session"): self._session,
            ("POST", "expire"): self._expire,
        }
        looks: dict[str, Callable[..., Any]] = {"records": self._records, "identities": self._identities}
        super().__init__(sandbox, sandbox.org.clock, rules_from, commands, looks)

    def answer(self, request: Request) -> Answer:
        with self._sandbox.lock:
            self._sandbox.org.journal.clear()
            return super().answer(request)

    def report(self) -> dict[str, Any]:
        sandbox, org = self._sandbox, self._sandbox.org
        by = {sobject: counting.keys(org, sobject) for sobject in MAIN}
        surplus = {
            sobject: {name: counting.identities(org, sobject, name)["surplus"] for name in names} for sobject, names in by.items()
        }
        return {
            "now": org.clock.now().isoformat(),
            "org": org.credentials.org_id,
            **{sobject: counting.summary(org, sobject) for sobject in MAIN},
            "surplus": surplus,
            "fields": [row["FullName"] for row in org.tables["CustomField"].all()],
            "limits": sandbox.api.limits.report(),
            "grants": sandbox.oauth.grants.report(),
        }

    def clear(self) -> None:
        sandbox = self._sandbox
        sandbox.org.clock.reset()
        sandbox.org.clear()
        sandbox.oauth.grants.forget()
        sandbox.api.limits.forget()
        sandbox.api.jobs.forget()
        sandbox.api.locators.forget()

    def _records(self, sobject: str, id: str = "") -> Any:
        table = self._sandbox.org.tables[sobject]
        if not id:
            return list(table.all())
        record = table.get(whole(id) or "")
        if record is None:
            raise LookupError(f"{sobject} {id}")
        return record.state

    def _identities(self, sobject: str, by: str) -> Any:
        return counting.identities(self._sandbox.org, sobject, by)

    def _jobs(self) -> Any:
        return [
            {"id": job.id, "state": job.state, "rows": len(job.rows), "saved": len(job.saved), "failed": len(job.failed)}
            for job in self._sandbox.api.jobs.all()
        ]

    def _app(self, values: Any) -> Any:
        unknown = sorted(set(values) - _APP)
        if unknown:
            raise ValueError(f"An app has no {', '.join(unknown)}; it has {', '.join(sorted(_APP))}.")
        if values.get("certificate"):
            assertions.public_key(values["certificate"])
        if "redirect_uris" in values:
            values["redirect_uris"] = tuple(values["redirect_uris"])
        self._sandbox.org.set_credentials(values)
        return {"redirect_uris": self._sandbox.org.credentials.redirect_uris}

    def _rules(self, values: Any) -> Any:
        try:
            self._sandbox.org.rules = msgspec.convert(values, tuple[Rule, ...])
        except msgspec.ValidationError as wrong:
            raise ValueError(str(wrong)) from None
        return {"rules": len(self._sandbox.org.rules)}

    def _usage(self, values: Any) -> Any:
        self._sandbox.api.limits.others = int(values["others"])
        return self._sandbox.api.limits.report()

    def _human(self, values: Any) -> Any:
        try:
            return Human(self._sandbox.org, self._sandbox.oauth.grants).do(values)
        except BadField as bad:
            raise ValueError(str(bad)) from None

    def _asked(self, values: Any) -> Asked:
        now = self._sandbox.org.clock.ticks()
        return Asked(Request("POST", "", {}, {}, b""), values, "", self._sandbox.switches, now)

    def _authorize(self, values: Any) -> Any:
        values.setdefault("redirect_uri", self._sandbox.org.credentials.redirect_uris[0])
        return {"code": consent.code(self._sandbox.oauth, self._asked(values))}

    def _session(self, values: Any) -> Any:
        asked = self._asked(values)
        session = self._sandbox.oauth.grants.session(consent.scopes(asked), asked.now, asked.switches)
        return {"access_token": session.token}

    def _expire(self, values: Any) -> Any:
        if values.get("all"):
            self._sandbox.oauth.grants.forget()
        self._sandbox.oauth.grants.expire()
        return {}
