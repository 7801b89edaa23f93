import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from config.jobs.arguments import moment, numbers
from config.jobs.command import UnitCommand
from config.jobs.watching import watching
from salesforce.models import SyncRun
from salesforce.push.orders import NotRunning, Order, Report
from salesforce.push.run import Push
from servicetitan.models import Customer

Mode = SyncRun.Mode
SAID = ("created", "updated", "unchanged", "skipped", "pending", "conflicts", "failed")


class Command(UnitCommand):
    help = "Bring Salesforce up to date with the mirror. Exit status 0: what was to be done is done."
    unit = "salesforce"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ids", metavar="N,N", help="only these customers: their ids in ServiceTitan")
        parser.add_argument("--since", metavar="DATE", help="also what the mirror got since, such as 2026-01-31 (UTC)")
        parser.add_argument("--full", action="store_true", help="look at everything again; what is there already costs no call")
        parser.add_argument("--dry-run", action="store_true", help="say what would be sent, and send nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object at the end instead of progress")

    def run(self, **options: Any) -> None:
        began, order = timezone.now(), _order(options)
        with watching(self.stdout, quiet=options["json"]) as progress:
            try:
                report = Push(order, progress, self.stop).run()
            except NotRunning as error:
                raise CommandError(str(error)) from error
        if options["json"]:
            seconds = round((timezone.now() - began).total_seconds(), 3)
            self.stdout.write(json.dumps({**report.as_dict(), "seconds": seconds}, default=str))
        else:
            self._say(report)
        if not report.ok:
            raise SystemExit(1)

    def _say(self, report: Report) -> None:
        counts = report.counts.as_dict()
        said = ", ".join(f"{counts[name]:,} {name}" for name in SAID if counts[name])
        self.stdout.write(f"{report.state}: {said or 'nothing to do'}; {report.stats.calls:,} calls")
        for item in report.would[:20]:
            self.stdout.write("  would " + ", ".join(f"{name} {value}" for name, value in item.items()))
        for problem in (*report.problems, report.error):
            if problem:
                self.stderr.write(problem)


def _order(options: dict[str, Any]) -> Order:
    if options["ids"]:
        if options["full"] or options["since"]:
            raise CommandError("--ids names what is sent: leave out --full and --since.")
        return Order(Mode.CHOSEN, customer_ids=_customers(options["ids"]), dry_run=options["dry_run"])
    since = moment("--since", options["since"]) if options["since"] else None
    return Order(Mode.FULL if options["full"] else Mode.INCREMENTAL, since=since, dry_run=options["dry_run"])


def _customers(text: str) -> tuple[int, ...]:
    ids = numbers("--ids", text)
    if unknown := sorted(set(ids) - set(Customer.objects.filter(pk__in=ids).values_list("pk", flat=True))):
        raise CommandError(f"Not in the mirror as customers: {', '.join(map(str, unknown[:20]))}.")
    return ids
