import json
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from config.jobs.command import UnitCommand
from integrations.ghl.models import SyncRun
from integrations.ghl.push.run import CONTACTS, KINDS, OPPORTUNITIES, NotRunning, Order, Push, Report
from integrations.management.watching import watching

Mode = SyncRun.Mode
SAID = ("created", "adopted", "updated", "unchanged", "skipped", "pending", "conflicts", "failed")


class Command(UnitCommand):
    help = "Bring GoHighLevel up to date with the mirror. Exit status 0: what was to be done is done."
    unit = "ghl"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--entity", choices=KINDS, help="only these; the others wait")
        parser.add_argument("--since", metavar="DATE", help="also what the mirror got since, such as 2026-01-31 (UTC)")
        parser.add_argument("--ids", metavar="N,N", help="only these: ids in ServiceTitan, of customers or of --entity")
        parser.add_argument("--full", action="store_true", help="look at everything again; what is there already costs no call")
        parser.add_argument("--dry-run", action="store_true", help="say what would be sent, and send nothing")
        parser.add_argument("--no-brake", action="store_true", help="allow changing many contacts at once")
        parser.add_argument("--json", action="store_true", help="one JSON object at the end instead of progress")

    def run(self, **options: Any) -> None:
        order = _order(options)
        began = timezone.now()
        with watching(self.stdout, quiet=options["json"]) as progress:
            try:
                report = Push(order, progress, self.stop).run()
            except NotRunning as error:
                raise CommandError(str(error)) from error
        if options["json"]:
            seconds = round((timezone.now() - began).total_seconds(), 3)
            self.stdout.write(json.dumps({**report.as_dict(), "mode": str(order.mode), "seconds": seconds}, default=str))
        else:
            self._say(report)
        if not report.ok:
            raise SystemExit(1)

    def _say(self, report: Report) -> None:
        counts = report.counts.as_dict()
        numbers = ", ".join(f"{counts[name]:,} {name}" for name in SAID if counts[name])
        self.stdout.write(f"{report.state}: {numbers or 'nothing to do'}; {report.stats.calls:,} calls")
        for item in report.would[:20]:
            self.stdout.write("  would " + ", ".join(f"{name} {value}" for name, value in item.items()))
        if report.error:
            self.stderr.write(report.error)


def _order(options: dict[str, Any]) -> Order:
    mode = Mode.FULL if options["full"] else Mode.INCREMENTAL
    kinds = (options["entity"],) if options["entity"] else KINDS
    common: dict[str, Any] = {"dry_run": options["dry_run"], "braking": not options["no_brake"]}
    if options["ids"]:
        ids, of_estimates = _ids(options["ids"]), options["entity"] == OPPORTUNITIES
        chosen: dict[str, Any] = {
            "customer_ids": () if of_estimates else ids,
            "estimate_ids": ids if of_estimates else (),
        }
        return Order(Mode.CHOSEN, (OPPORTUNITIES if of_estimates else CONTACTS,), **chosen, **common)
    return Order(mode, kinds, since=_moment(options["since"]) if options["since"] else None, **common)


def _ids(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise CommandError(f"--ids {text!r}: write numbers with commas between them, such as 1201,1202.") from error


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--since {text!r} is no date. Write 2026-01-31 or 2026-01-31T06:00:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
