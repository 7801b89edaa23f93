import json
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from automation.messaging.delivery import run
from automation.messaging.wording import templates
from automation.workflows import stored, tick
from automation.workflows.tick import NotRunning
from config.jobs.command import UnitCommand


class Command(UnitCommand):
    help = "Everything that workflows and messages have to do just now, once: events, runs, last looks, sending."
    unit = "automation"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ready", action="store_true", help="bring in and switch on what comes with the hub, before that")
        parser.add_argument("--json", action="store_true")

    def run(self, **options: Any) -> None:
        if options["ready"]:
            now = timezone.now()
            templates.bring_in_ready("command", now)
            for content in stored.ready():
                stored.store(content, "command", now, enabled=True)
        summary = self._work()
        if options["json"]:
            self.stdout.write(json.dumps(summary))
        else:
            numbers = {name: number for name, number in summary.items() if number and name not in ("ok", "state", "error")}
            said = ", ".join(f"{number:,} {name}" for name, number in numbers.items())
            self.stdout.write(" ".join(filter(None, (said, summary["error"]))) or "nothing is due")
        if not summary["ok"]:
            raise SystemExit(1)

    def _work(self) -> dict[str, Any]:
        """A switch that holds something is no failure: it waits."""
        try:
            decided, why = tick.once(stop=self.stop, with_calendar=True), ""
        except NotRunning as held:
            decided, why = tick.Report(), str(held)
        sent = run.once(stop=self.stop)
        ok = not decided.moved.failed
        return {
            "ok": ok, "state": "succeeded" if ok else "failed", "error": " ".join(filter(None, (why, sent.why))),
            "events": decided.events, "runs": decided.moved.runs, "wanted": decided.moved.wanted, **sent.counts,
        }  # fmt: skip
