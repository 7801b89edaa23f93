import json
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from config.jobs.command import UnitCommand
from config.jobs.demo import Demo, DemoFailed
from config.jobs.management.commands.up import processes
from config.sandbox.vendors import registered


class Command(UnitCommand):
    help = "Show the hub with a made-up company: servers, tables, a first sync, then everything running."
    unit = "backoffice"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, default=500, help="size of the company")
        parser.add_argument("--port", type=int, default=8000, help="of the back office; or the next free one")
        parser.add_argument("--once", action="store_true", help="sync, let some hours pass, sync again, and end")
        parser.add_argument("--json", action="store_true", help="with --once: one JSON object instead of text")

    def run(self, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError("The demo brings its own servers: run it without DATABASE_URL and REDIS_URL.")
        if options["json"] and not options["once"]:
            raise CommandError("--json needs --once: without it the demo runs until Ctrl-C.")
        say = (lambda line: None) if options["json"] else self._say
        with_sandbox = any(getattr(settings, vendor.uses) for vendor in registered())
        demo = Demo(options["customers"], settings.SANDBOX_PORT, with_sandbox, say, self.stop)
        try:
            if options["once"]:
                self._report(demo.once(), as_json=options["json"])
            else:
                demo.run(processes(), options["port"])
        except DemoFailed as error:
            raise CommandError(str(error)) from error

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _report(self, summary: dict[str, Any], *, as_json: bool) -> None:
        self.stdout.write(json.dumps(summary) if as_json else f"All done in {summary['seconds']} s.")
        if not summary["ok"]:
            raise SystemExit(1)
