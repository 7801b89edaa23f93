import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.isolation.errors import IsolationError
from config.isolation.tokens.rotation import Rotation, rotate


class Command(BaseCommand):
    help = "The keys that seal the vendors' tokens: a new one, while everything runs."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        change = actions.add_parser("rotate", help="put a new key first and seal what is stored with it")
        change.add_argument("--unit", choices=sorted(settings.SEAL_KEYS_FILES), help="only this unit's")
        change.add_argument("--drop-old", action="store_true", help="remove the old keys once nothing needs them")
        change.add_argument("--json", action="store_true", help="one JSON object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        units = [options["unit"]] if options["unit"] else list(settings.SEAL_KEYS_FILES)
        try:
            done = [rotate(unit, drop_old=options["drop_old"]) for unit in units]
        except IsolationError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"units": [asdict(one) for one in done]}))
        else:
            for one in done:
                self._tell(one)
        if any(one.problems for one in done):
            raise SystemExit(1)

    def _tell(self, done: Rotation) -> None:
        self.stdout.write(
            f"{done.unit}: a new key in {done.file}, {done.resealed} sealed anew, "
            f"{done.dropped} old keys dropped, {done.keys} keys now."
        )
        for problem in done.problems:
            self.stderr.write(self.style.ERROR(problem))
