import getpass
import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from config.isolation import law, scan
from config.isolation.manifest import OWNER_ALIAS
from config.isolation.outcome import Outcome
from config.isolation.proof import report, store


class Command(BaseCommand):
    help = "The fences between the units: bring them to what the manifest says, and see that they hold."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        apply = actions.add_parser("apply", help="bring roles, grants and Redis users to what the manifest says")
        apply.add_argument("--dry-run", action="store_true", help="show what would change, change nothing")
        check = actions.add_parser("check", help="show where they differ from the manifest; exit status 1 if they do")
        prove = actions.add_parser("prove", help="try every forbidden act as every unit; exit status 1 on any surprise")
        read = actions.add_parser("scan", help="read the source for what would leave its unit; exit status 1 if anything would")
        for action in (apply, check, prove, read):
            action.add_argument("--json", action="store_true", help="one JSON object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _apply(self, options: dict[str, Any]) -> None:
        _need_owner()
        outcome = law.apply(dry_run=options["dry_run"])
        self._tell(outcome, "would change" if options["dry_run"] else "changed", options["json"])
        if outcome.refused:
            raise SystemExit(1)

    def _check(self, options: dict[str, Any]) -> None:
        _need_owner()
        outcome = law.apply(dry_run=True)
        self._tell(outcome, "differs", options["json"])
        if outcome.refused or outcome.changes:
            raise SystemExit(1)

    def _prove(self, options: dict[str, Any]) -> None:
        _need_owner()
        proof = store.new(f"{getpass.getuser()}, at the command line")
        proved = store.make(proof, (lambda line: None) if options["json"] else self.stderr.write)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(proved)))
        else:
            report.show(proved, self.stdout)
        if proved.surprises:
            raise SystemExit(1)

    def _scan(self, options: dict[str, Any]) -> None:
        read = scan.read(settings.BASE_DIR)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(read)))
        else:
            for finding in read.findings:
                self.stdout.write(str(finding))
            self.stdout.write(read.summary)
        if read.findings:
            raise SystemExit(1)

    def _tell(self, outcome: Outcome, verb: str, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(vars(outcome)))
            return
        for change in outcome.changes:
            self.stdout.write(f"{verb}: {change}")
        for refusal in outcome.refused:
            self.stderr.write(self.style.ERROR(f"refused: {refusal}"))
        for note in outcome.notes:
            self.stdout.write(f"note: {note}")
        if not outcome.changes and not outcome.refused:
            self.stdout.write(self.style.SUCCESS("The servers are as the manifest says."))


def _need_owner() -> None:
    if OWNER_ALIAS not in connections:
        raise CommandError("Roles and grants are the owner's: set DATABASE_URL.")
