"""The sandbox's own controls under /sandbox/, JSON over HTTP, for callers on this machine only.

GET  /sandbox/state                        clock, counts, duplicates made, limits, calls, switches, faults, webhooks
GET  /sandbox/records/{kind}               every living contact or opportunity, as it truly is
GET  /sandbox/records/{kind}/{id}          one of them
GET  /sandbox/identities/{kind}/{by}       what was made more than once for the same identity (see counting.py)
GET  /sandbox/keys                         the public keys of the webhooks' signatures
PUT  /sandbox/switches   {name: value}     sets some switches (see switches.py)
PUT  /sandbox/faults     [rule, ...]       replaces the rules (see faults.py)
PUT  /sandbox/pipelines  {name: [stage]}   replaces the pipelines; names that stay keep their ids
PUT  /sandbox/webhooks   {"url": u, "events": [...]}   sends events there; no events: all; no url: ends it
POST /sandbox/human      {"act": name, ...}            a person acts in the vendor's own screens (see human.py)
POST /sandbox/authorize  {}                an OAuth code, as the consent page gives it
POST /sandbox/expire     {}                kills every OAuth access token; {"all": true}: refresh tokens too
POST /sandbox/advance    {"seconds": n} or {"hours": n}   moves the clock
POST /sandbox/reset      {}                first day, first switches, no faults, no records
"""

import threading
from collections.abc import Callable
from typing import Any, Protocol

from config.sandbox.controls import Usual
from config.sandbox.faults import Faults
from config.sandbox.http import Answer, Request
from config.sandbox.traffic import Traffic
from integrations.ghl.sandbox import counting
from integrations.ghl.sandbox.api.auth import Authority
from integrations.ghl.sandbox.api.limits import Limits
from integrations.ghl.sandbox.faults import rules_from
from integrations.ghl.sandbox.human import Human
from integrations.ghl.sandbox.store.account import Account
from integrations.ghl.sandbox.switches import Switches
from integrations.ghl.sandbox.webhooks.sender import Sender


class Controlled(Protocol):
    """What can be controlled: the parts of a sandbox."""

    account: Account
    switches: Switches
    faults: Faults
    authority: Authority
    limits: Limits
    traffic: Traffic
    webhooks: Sender
    lock: threading.RLock
    writes: int


class Control(Usual):
    def __init__(self, sandbox: Controlled) -> None:
        self._sandbox = sandbox
        commands: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "keys"): lambda _: sandbox.webhooks.signer.public_keys(),
            ("PUT", "pipelines"): self._pipelines,
            ("PUT", "webhooks"): self._webhooks,
            ("POST", "human"): lambda values: Human(sandbox.account).do(values),
            ("POST", "authorize"): lambda _: {"code": sandbox.authority.authorize()},
            ("POST", "expire"): self._expire,
        }
        looks: dict[str, Callable[..., Any]] = {"records": self._records, "identities": self._identities}
        super().__init__(sandbox, sandbox.account.clock, rules_from, commands, looks)

    def answer(self, request: Request) -> Answer:
        with self._sandbox.lock:
            self._sandbox.writes += request.method != "GET"
            self._sandbox.account.opportunities.twins = self._sandbox.switches.webhook_twin_events
            return super().answer(request)

    def report(self) -> dict[str, Any]:
        sandbox, account = self._sandbox, self._sandbox.account
        keys = [field["fieldKey"] for field in account.fields.by_id.values()]
        by = {"contacts": ["email", "phone"], "opportunities": ["card"]}
        for key in keys:
            by["contacts" if key.startswith("contact.") else "opportunities"].append(key)
        return {
            "now": account.clock.now().isoformat(),
            "location": account.credentials.location_id,
            "contacts": counting.summary(account, "contacts"),
            "opportunities": counting.summary(account, "opportunities"),
            "surplus": {
                kind: {name: counting.identities(account, kind, name)["surplus"] for name in names}
                for kind, names in by.items()
            },
            "fields": keys,
            "pipelines": list(account.pipelines.values()),
            "limits": sandbox.limits.report(),
            "rotations": sandbox.authority.tokens.rotations,
            "webhooks": sandbox.webhooks.report(),
        }

    def state(self) -> dict[str, Any]:
        state = super().state()
        state["traffic"]["peakCallsInTenSeconds"] = self._sandbox.traffic.peak
        return state

    def moved(self) -> Any:
        self._sandbox.webhooks.flush()
        return super().moved()

    def clear(self) -> None:
        sandbox = self._sandbox
        sandbox.account.clock.reset()
        sandbox.account.clear()
        sandbox.authority.forget()
        sandbox.limits.forget()
        sandbox.webhooks.subscribe("", [])
        sandbox.webhooks.forget()

    def _records(self, kind: str, id: str = "") -> Any:
        account = self._sandbox.account
        store = {"contacts": account.contacts.records, "opportunities": account.opportunities.records}[kind]
        if not id:
            return list(store.all())
        state = store.get(id)
        if state is None:
            raise LookupError(f"{kind} {id}")
        return state

    def _identities(self, kind: str, by: str) -> Any:
        return counting.identities(self._sandbox.account, kind, by)

    def _pipelines(self, values: Any) -> Any:
        self._sandbox.account.set_pipelines(values)
        return list(self._sandbox.account.pipelines.values())

    def _webhooks(self, values: Any) -> Any:
        self._sandbox.webhooks.subscribe(values.get("url", ""), values.get("events", []))
        return self._sandbox.webhooks.report()

    def _expire(self, values: Any) -> Any:
        if values.get("all"):
            self._sandbox.authority.forget()
        self._sandbox.authority.expire()
        return {}
