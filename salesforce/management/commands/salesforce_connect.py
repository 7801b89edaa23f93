import json
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from config.isolation.egress.retries import Stats
from config.isolation.errors import IsolationError
from config.jobs.command import UnitCommand
from salesforce.errors import SalesforceError
from salesforce.http import shared_redis
from salesforce.oauth.consent import Consent
from salesforce.oauth.standing import Standing, standing


class Command(UnitCommand):
    help = "How the hub is connected to Salesforce. A person connects in the admin (Salesforce, Connect)."
    unit = "salesforce"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--disconnect", action="store_true", help="revoke the connection, and forget the tokens")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of sentences")

    def run(self, **options: Any) -> None:
        try:
            found = self._disconnected() if options["disconnect"] else standing()
        except (SalesforceError, IsolationError) as error:
            raise CommandError(str(error)) from error
        except redis.RedisError as error:
            raise CommandError(f"Redis, where the tokens are kept, does not answer: {error}") from error
        self.stdout.write(json.dumps(found.as_dict()) if options["json"] else found.said)
        if not options["disconnect"] and not found.connected:
            raise SystemExit(1)

    def _disconnected(self) -> Standing:
        done = Consent(shared_redis()).disconnect(Stats())
        said = "The connection is revoked, and its tokens are forgotten." if done.was_connected else "There was no connection."
        if done.problem:
            said = f"The tokens are forgotten here, but Salesforce could not be told: {done.problem}"
        return Standing(False, settings.SALESFORCE_FLOW, said)
