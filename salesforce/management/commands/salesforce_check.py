import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from config.isolation.egress.retries import Stats
from config.isolation.errors import IsolationError
from config.jobs.command import UnitCommand
from salesforce import connect, org
from salesforce.errors import SalesforceError
from salesforce.push.decisions import check_setup
from salesforce.setup import BAD, Finding, create_field


class Command(UnitCommand):
    help = "Look whether the Salesforce org is set up as it must be, and say what to click. Exit status 1: nothing can be sent."
    unit = "salesforce"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--create-field", action="store_true", help="make the key field, and let the hub's user see it")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of sentences")

    def run(self, **options: Any) -> None:
        stats = Stats()
        try:
            client = connect.client()
            for sobject in org.objects() if options["create_field"] else ():
                create_field(client, sobject, stats)
            found = check_setup(client, stats)
        except (SalesforceError, IsolationError) as error:
            raise CommandError(str(error)) from error
        ok = all(finding.level != BAD for finding in found)
        if options["json"]:
            self.stdout.write(json.dumps({"ok": ok, "findings": [finding.as_dict() for finding in found]}))
        else:
            self._say(found)
        if not ok:
            raise SystemExit(1)

    def _say(self, found: list[Finding]) -> None:
        for finding in found:
            self.stdout.write(f"{finding.level:<8} {finding.what}")
            if finding.click:
                self.stdout.write(f"         {finding.click}")
