import json
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from config.jobs.command import UnitCommand
from servicetitan.entities import BY_NAME, ENTITIES, UnknownEntity, named
from servicetitan.management.watching import watching
from servicetitan.models import SyncLog
from servicetitan.sync.feed import as_start
from servicetitan.sync.run import NotConfigured, Order, Sync, ended_well


class Command(UnitCommand):
    help = "Bring the mirror up to date with ServiceTitan. Exit status 0: every feed ended well."
    unit = "servicetitan"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--entity", action="append", metavar="E", help=f"only this one; repeatable: {', '.join(BY_NAME)}")
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--full", action="store_true", help="read everything again from the beginning")
        mode.add_argument("--since", metavar="DATE", help="read again what changed since, such as 2026-01-31 (UTC)")
        mode.add_argument("--reconcile", action="store_true", help="find records that are gone, or missing here")
        parser.add_argument("--dry-run", action="store_true", help="read and compare, write nothing")
        parser.add_argument("--no-brake", action="store_true", help="allow deleting or emptying many records")
        parser.add_argument("--json", action="store_true", help="one JSON object at the end instead of progress")

    def run(self, **options: Any) -> None:
        order = _order(options)
        started = timezone.now()
        with watching(self.stdout, quiet=options["json"]) as progress:
            try:
                ledgers = Sync(order, progress, self.stop).run()
            except NotConfigured as error:
                raise CommandError(str(error)) from error
        if options["json"]:
            summary = {
                "ok": ended_well(ledgers),
                "mode": order.mode,
                "dry_run": order.dry_run,
                "seconds": round((timezone.now() - started).total_seconds(), 3),
                "entities": [ledger.as_dict() for ledger in ledgers],
            }
            self.stdout.write(json.dumps(summary))
        if not ended_well(ledgers):
            raise SystemExit(1)


def _order(options: dict[str, Any]) -> Order:
    try:
        entities = named(options["entity"]) if options["entity"] else ENTITIES
    except UnknownEntity as error:
        raise CommandError(str(error)) from error
    return Order(
        entities,
        mode=_mode(options),
        since=_since(options["since"]) if options["since"] else None,
        dry_run=options["dry_run"],
        braking=not options["no_brake"],
    )


def _mode(options: dict[str, Any]) -> str:
    if options["full"]:
        return SyncLog.Mode.FULL
    if options["since"]:
        return SyncLog.Mode.SINCE
    return SyncLog.Mode.RECONCILE if options["reconcile"] else SyncLog.Mode.INCREMENTAL


def _since(text: str) -> str:
    """A date, or a moment (without zone: UTC), as the export takes it."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--since {text!r} is no date. Write 2026-01-31 or 2026-01-31T06:00:00Z.") from error
    return as_start(moment.astimezone(UTC) if moment.tzinfo else moment)
