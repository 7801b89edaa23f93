import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from config.jobs.arguments import moment, numbers
from config.jobs.command import UnitCommand
from config.jobs.lease import Busy
from config.jobs.watching import watching
from integrations.ghl import connect
from integrations.ghl.comparing import Compared, compare
from integrations.ghl.errors import NotAuthorized
from integrations.ghl.models import SyncRun
from integrations.ghl.push.orders import CONTACTS, KINDS, OPPORTUNITIES, NotRunning, Order, Report, Stopped
from integrations.ghl.push.run import Push
from servicetitan.models import Customer, Estimate

Mode = SyncRun.Mode
NOT_WITH_RECONCILE = ("entity", "since", "ids", "full", "dry_run", "no_brake")
SAID = ("created", "adopted", "updated", "unchanged", "skipped", "pending", "conflicts", "failed")


class Command(UnitCommand):
    help = "Bring GoHighLevel up to date with the mirror. Exit status 0: what was to be done is done."
    unit = "ghl"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--entity", choices=KINDS, help="only these; the others wait")
        parser.add_argument("--since", metavar="DATE", help="also what the mirror got since, such as 2026-01-31 (UTC)")
        parser.add_argument("--ids", metavar="N,N", help="only these: ids in ServiceTitan, of customers or of --entity")
        parser.add_argument("--full", action="store_true", help="look at everything again; what is there already costs no call")
        parser.add_argument("--reconcile", action="store_true", help="compare what GoHighLevel has with what was sent")
        parser.add_argument("--dry-run", action="store_true", help="say what would be sent, and send nothing")
        parser.add_argument("--no-brake", action="store_true", help="allow changing many contacts at once")
        parser.add_argument("--json", action="store_true", help="one JSON object at the end instead of progress")

    def run(self, **options: Any) -> None:
        began = timezone.now()
        report = self._compare(options) if options["reconcile"] else self._push(options)
        if options["json"]:
            seconds = round((timezone.now() - began).total_seconds(), 3)
            self.stdout.write(json.dumps({**report.as_dict(), "seconds": seconds}, default=str))
        elif isinstance(report, Compared):
            self._say_what_differs(report)
        else:
            self._say(report)
        if not report.ok:
            raise SystemExit(1)

    def _push(self, options: dict[str, Any]) -> Report:
        order = _order(options)
        with watching(self.stdout, quiet=options["json"]) as progress:
            try:
                return Push(order, progress, self.stop).run()
            except NotRunning as error:
                raise CommandError(str(error)) from error

    def _compare(self, options: dict[str, Any]) -> Compared:
        if others := [name for name in NOT_WITH_RECONCILE if options[name]]:
            named = ", ".join("--" + name.replace("_", "-") for name in others)
            raise CommandError(f"--reconcile looks at everything and sends nothing: leave out {named}.")
        with watching(self.stdout, quiet=options["json"]) as progress:
            try:
                return compare(connect.client(self._sleep), "manual", progress)
            except (NotAuthorized, Busy) as error:
                raise CommandError(str(error)) from error

    def _sleep(self, seconds: float) -> None:
        if self.stop.wait(seconds):
            raise Stopped("Stopped on request.")

    def _say(self, report: Report) -> None:
        counts = report.counts.as_dict()
        numbers = ", ".join(f"{counts[name]:,} {name}" for name in SAID if counts[name])
        self.stdout.write(f"{report.state}: {numbers or 'nothing to do'}; {report.stats.calls:,} calls")
        for item in report.would[:20]:
            self.stdout.write("  would " + ", ".join(f"{name} {value}" for name, value in item.items()))
        if report.error:
            self.stderr.write(report.error)

    def _say_what_differs(self, done: Compared) -> None:
        if done.report is not None:
            for name, part in (("contacts", done.report.contacts), ("opportunities", done.report.opportunities)):
                self.stdout.write(f"{name}: " + part.sentence())
        if done.error:
            self.stderr.write(done.error)


def _order(options: dict[str, Any]) -> Order:
    kinds = (options["entity"],) if options["entity"] else KINDS
    common: dict[str, Any] = {"dry_run": options["dry_run"], "braking": not options["no_brake"]}
    if options["ids"]:
        return Order(Mode.CHOSEN, **_chosen(options), **common)
    mode = Mode.FULL if options["full"] else Mode.INCREMENTAL
    return Order(mode, kinds, since=moment("--since", options["since"]) if options["since"] else None, **common)


def _chosen(options: dict[str, Any]) -> dict[str, Any]:
    if options["full"] or options["since"]:
        raise CommandError("--ids names what is sent: leave out --full and --since.")
    ids, of_estimates = numbers("--ids", options["ids"]), options["entity"] == OPPORTUNITIES
    model: type[Customer] | type[Estimate] = Estimate if of_estimates else Customer
    if unknown := sorted(set(ids) - set(model.objects.filter(pk__in=ids).values_list("pk", flat=True))):
        raise CommandError(f"Not in the mirror as {model._meta.verbose_name_plural}: {', '.join(map(str, unknown[:20]))}.")
    if of_estimates:
        return {"kinds": (OPPORTUNITIES,), "customer_ids": (), "estimate_ids": ids}
    return {"kinds": (CONTACTS,), "customer_ids": ids, "estimate_ids": ()}
