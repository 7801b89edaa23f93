"""One call as the routes see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from config.sandbox.http import Answer, Request
from salesforce.sandbox.api.errors import Problem, malformed, not_found
from salesforce.sandbox.api.limits import Limits
from salesforce.sandbox.bulk.jobs import Jobs
from salesforce.sandbox.faults import Rule
from salesforce.sandbox.org.org import Org
from salesforce.sandbox.org.sobjects import View
from salesforce.sandbox.soql.locators import Locators
from salesforce.sandbox.switches import Switches

DUPLICATE_HEADER = "sforce-duplicate-rule-header"


@dataclass(frozen=True, slots=True)
class ApiState:
    """What the API remembers between calls besides the org itself."""

    limits: Limits
    jobs: Jobs
    locators: Locators


@dataclass(frozen=True, slots=True)
class Call:
    request: Request
    version: int
    switches: Switches
    org: Org
    api: ApiState
    base: str  # the address the call came to
    inner: Callable[[Request], Answer]  # carries out a part of a composite call
    fault: Rule | None = None
    number: int = 0  # of the call, for faults that hit a share of its rows
    names: tuple[str, ...] = ()  # the path's variable parts

    def body(self) -> Any:
        try:
            return msgspec.json.decode(self.request.body)
        except msgspec.DecodeError as wrong:
            raise malformed(f"Unexpected character or end of input: {wrong}") from None

    def object(self) -> dict[str, Any]:
        """The body, which must be an object."""
        value = self.body()
        if not isinstance(value, dict):
            raise malformed("Cannot deserialize instance of object from the body at [line:1, column:1]")
        return value

    def view(self, sobject: str) -> View:
        found = self.org.view(sobject, self.switches)
        if found is None:
            raise not_found()
        return found

    def options(self, header: str) -> Mapping[str, bool]:
        """A header like `allowSave=true; includeRecordDetails=true`."""
        text = self.request.headers.get(header, "").replace(",", ";")
        pairs = (part.partition("=") for part in text.split(";"))
        return {name.strip(): value.strip().lower() == "true" for name, _, value in pairs}

    def url(self, sobject: str, id: str) -> str:
        return f"/services/data/v{self.version}.0/sobjects/{sobject}/{id}"

    def row_fault(self, number: int, key: str = "", id: str = "") -> Problem | None:
        return self.fault.problem(self.number, number, key, id) if self.fault is not None else None


Handler = Callable[[Call], Answer]
