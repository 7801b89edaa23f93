"""One call as the routes see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from config.sandbox.http import Answer, Request
from integrations.ghl.sandbox.api.errors import Refusal, unprocessable, wrong_location
from integrations.ghl.sandbox.store.account import Account
from integrations.ghl.sandbox.switches import Switches

DATED, V3 = "2021-07-28", "v3"


@dataclass(frozen=True, slots=True)
class Call:
    request: Request
    version: str
    switches: Switches
    account: Account
    ids: tuple[str, ...] = ()

    @property
    def v3(self) -> bool:
        return self.version == V3

    def body(self) -> Any:
        try:
            return msgspec.json.decode(self.request.body or b"{}")
        except msgspec.DecodeError:
            raise Refusal(400, "Unexpected token in JSON") from None

    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in self.request.query.items()}

    def own_location(self, id: str) -> None:
        if id != self.account.credentials.location_id:
            raise wrong_location()

    def missing(self, what: str, id: str) -> Refusal:
        message = f"{what} with id {id} not found"
        status = self.switches.missing_status
        return unprocessable(message) if status == 422 else Refusal(status, message)


Handler = Callable[[Call], Answer]
