"""The sandbox's own controls under /sandbox/, JSON over HTTP, for callers on this machine only.

GET  /sandbox/state                     clock, counts, calls, 429 answered, peak calls in a second
GET  /sandbox/records/{entity}/{id}     the truth about one record
PUT  /sandbox/switches   {name: value}  sets some switches (see switches.py)
PUT  /sandbox/faults     [rule, ...]    replaces the rules (see faults.py)
POST /sandbox/advance    {"hours": n}   moves the clock
POST /sandbox/remove     {"entity": name, "id": n}   deletes a record physically
POST /sandbox/expire     {}             kills every token given out
POST /sandbox/reset      {}             first day, first switches, no faults, no counts
"""

from datetime import timedelta
from typing import Any, Protocol

from config.sandbox.controls import Controls
from servicetitan.sandbox.api.auth import Authority
from servicetitan.sandbox.api.traffic import Traffic
from servicetitan.sandbox.company.company import Company
from servicetitan.sandbox.faults import Faults, rules_from
from servicetitan.sandbox.switches import Switches


class Controlled(Protocol):
    """What can be controlled: the parts of a sandbox."""

    company: Company
    switches: Switches
    faults: Faults
    authority: Authority
    traffic: Traffic


class Control(Controls):
    def __init__(self, sandbox: Controlled) -> None:
        self._sandbox = sandbox
        self._first_switches = sandbox.switches
        commands = {
            ("GET", "state"): self._state,
            ("PUT", "switches"): self._switches,
            ("PUT", "faults"): self._faults,
            ("POST", "advance"): self._advance,
            ("POST", "remove"): self._remove,
            ("POST", "expire"): self._expire,
            ("POST", "reset"): self._reset,
        }
        super().__init__(commands, {"records": self._record})

    def _state(self, _: Any) -> Any:
        sandbox = self._sandbox
        return {
            "company": sandbox.company.describe(),
            "traffic": sandbox.traffic.report(),
            "switches": sandbox.switches.as_dict(),
            "faults": sandbox.faults.report(),
        }

    def _record(self, entity: str, number: str) -> Any:
        row = self._sandbox.company.record(entity, int(number))
        if row is None:
            raise LookupError(f"{entity} {number}")
        return row

    def _switches(self, values: Any) -> Any:
        self._sandbox.switches = self._sandbox.switches.changed(values)
        return self._sandbox.switches.as_dict()

    def _faults(self, values: Any) -> Any:
        self._sandbox.faults.set(rules_from(values))
        return self._sandbox.faults.report()

    def _advance(self, values: Any) -> Any:
        self._sandbox.company.clock.advance(timedelta(hours=float(values["hours"])))
        return self._sandbox.company.describe()

    def _remove(self, values: Any) -> Any:
        self._sandbox.company.remove(values["entity"], int(values["id"]))
        return {"removed": values["id"]}

    def _expire(self, _: Any) -> Any:
        self._sandbox.authority.forget()
        return {}

    def _reset(self, _: Any) -> Any:
        sandbox = self._sandbox
        sandbox.company.reset()
        sandbox.switches = self._first_switches
        sandbox.faults.set(())
        sandbox.authority.forget()
        sandbox.traffic.forget()
        return self._state(None)
