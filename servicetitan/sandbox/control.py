"""The sandbox's own controls under /sandbox/, JSON over HTTP, for callers on this machine only.

GET  /sandbox/state                     clock, counts, calls, 429 answered, peak calls in a second
GET  /sandbox/records/{entity}/{id}     the truth about one record
PUT  /sandbox/switches   {name: value}  sets some switches (see switches.py)
PUT  /sandbox/faults     [rule, ...]    replaces the rules (see faults.py)
POST /sandbox/advance    {"seconds": n} or {"hours": n}   moves the clock
POST /sandbox/remove     {"entity": name, "id": n}   deletes a record physically
POST /sandbox/expire     {}             kills every token given out
POST /sandbox/reset      {}             first day, first switches, no faults, no counts
"""

from typing import Any, Protocol

from config.sandbox.controls import Usual
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


class Control(Usual):
    def __init__(self, sandbox: Controlled) -> None:
        self._sandbox = sandbox
        commands = {("POST", "remove"): self._remove, ("POST", "expire"): self._expire}
        super().__init__(sandbox, sandbox.company.clock, rules_from, commands, {"records": self._record})

    def report(self) -> dict[str, Any]:
        return {"company": self._sandbox.company.describe()}

    def moved(self) -> Any:
        return self._sandbox.company.describe()

    def clear(self) -> None:
        self._sandbox.company.reset()
        self._sandbox.authority.forget()

    def _record(self, entity: str, number: str) -> Any:
        row = self._sandbox.company.record(entity, int(number))
        if row is None:
            raise LookupError(f"{entity} {number}")
        return row

    def _remove(self, values: Any) -> Any:
        self._sandbox.company.remove(values["entity"], int(values["id"]))
        return {"removed": values["id"]}

    def _expire(self, _: Any) -> Any:
        self._sandbox.authority.forget()
        return {}
