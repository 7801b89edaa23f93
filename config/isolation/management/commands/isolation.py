import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from config.isolation import grants
from config.isolation.manifest import OWNER_ALIAS


class Command(BaseCommand):
    help = "Bring the database roles and grants to what the manifest says (apply), or show where they differ (check)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["apply", "check"])
        parser.add_argument("--dry-run", action="store_true", help="apply: show what would change, change nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        if OWNER_ALIAS not in connections:
            raise CommandError("Roles and grants are the owner's: set DATABASE_URL.")
        checking = options["action"] == "check"
        outcome = grants.apply(dry_run=checking or options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps({"changes": outcome.changes, "refused": outcome.refused}))
        else:
            self._tell(outcome, "differs" if checking else "would change" if options["dry_run"] else "changed")
        if outcome.refused or (checking and outcome.changes):
            raise SystemExit(1)

    def _tell(self, outcome: grants.Outcome, verb: str) -> None:
        for change in outcome.changes:
            self.stdout.write(f"{verb}: {change}")
        for refusal in outcome.refused:
            self.stderr.write(self.style.ERROR(f"refused: {refusal}"))
        if not outcome.changes and not outcome.refused:
            self.stdout.write(self.style.SUCCESS("Roles and grants are as the manifest says."))
