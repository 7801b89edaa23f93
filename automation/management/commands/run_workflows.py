import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from automation.management import telling
from automation.messaging.simulating import BadSpan, simulate
from automation.workflows import files, moving, stored, tick
from automation.workflows.definitions import BadDefinition
from automation.workflows.models import Version, Workflow
from automation.workflows.outcome import outcome_of
from automation.workflows.simulation.past import TooMuch
from automation.workflows.stored import Unreadable
from automation.workflows.tick import NotRunning, Report
from config.jobs.command import UnitCommand

PAUSE_S = 1.0


class Command(UnitCommand):
    help = "Let workflows go on with what is due, until Ctrl-C; --once: until nothing is due. Also brings definitions in and out."
    unit = "automation"

    def add_arguments(self, parser: CommandParser) -> None:
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--once", action="store_true", help="until nothing is due, and end")
        act.add_argument("--ready", action="store_true", help="bring in the definitions that come with the hub, switched off")
        act.add_argument("--import", dest="file", metavar="FILE", help="bring a definition in: a new version where it differs")
        act.add_argument("--export", metavar="NAME", help="print a definition, as --import takes it")
        act.add_argument("--enable", metavar="NAME", help="from now on records enter")
        act.add_argument("--disable", metavar="NAME", help="nobody enters, who is inside waits")
        act.add_argument("--list", action="store_true", help="what there is")
        act.add_argument("--simulate", metavar="NAME|FILE", help="replay what was recorded through a definition; nothing leaves")
        parser.add_argument("--from", dest="since", metavar="DAY", help="with --simulate: the first day (usual: 30 days ago)")
        parser.add_argument("--to", dest="until", metavar="DAY", help="with --simulate: the last day (usual: until now)")
        act.add_argument("--outcome", metavar="NAME", help="what it brought in, against its control group")
        act.add_argument("--move", metavar="NAME", help="move who is inside on older versions to the newest; says how first")
        parser.add_argument("--dry-run", action="store_true", help="with --move: only the plan")
        parser.add_argument("--json", action="store_true", help="JSON instead of sentences")

    def run(self, **options: Any) -> None:
        if options["dry_run"] and not options["move"]:
            raise CommandError("--dry-run goes with --move only.")
        acts: dict[str, Callable[[Any], None]] = {
            "ready": lambda _: self._bring_in(stored.ready()),
            "file": lambda file: self._bring_in([_read(file)]),
            "export": lambda name: self.stdout.write(files.written(_newest(_named(name)).content)),
            "enable": lambda name: self._turn(_named(name), on=True),
            "disable": lambda name: self._turn(_named(name), on=False),
            "simulate": lambda _: self._simulate(options),
            "list": lambda _: self._list(as_json=options["json"]),
            "outcome": lambda name: self._tell_of(_named(name), options),
            "move": lambda name: self._tell_of(_named(name), options),
        }
        for name, act in acts.items():
            if options[name]:
                act(options[name])
                return
        self._go(once=options["once"], as_json=options["json"])

    def _turn(self, workflow: Workflow, *, on: bool) -> None:
        Workflow.objects.filter(pk=workflow.pk).update(enabled=on)
        self.stdout.write(f"{workflow.name} is {'on' if on else 'off'}.")

    def _simulate(self, options: dict[str, Any]) -> None:
        name, now = options["simulate"], timezone.now()
        content = _read(name) if name.endswith(".json") else _newest(_named(name)).content
        since = _moment(options["since"], now - timedelta(days=30), time.min)
        try:
            report = simulate(content, since, _moment(options["until"], now, time.max), now, self.stop)
        except (BadDefinition, BadSpan, TooMuch) as bad:
            raise CommandError(str(bad)) from bad
        self.stdout.write(json.dumps(report.as_dict()) if options["json"] else "\n".join(report.lines()))

    def _tell_of(self, workflow: Workflow, options: dict[str, Any]) -> None:
        try:
            if options["outcome"]:
                outcome = outcome_of(workflow, timezone.now())
                self._write(outcome.as_dict(), telling.outcome(outcome), as_json=options["json"])
            else:
                self._move(workflow, dry_run=options["dry_run"], as_json=options["json"])
        except Unreadable as error:
            raise CommandError(f"{workflow.name}: {error}") from error

    def _move(self, workflow: Workflow, *, dry_run: bool, as_json: bool) -> None:
        plan = moving.plan(workflow, timezone.now())
        if not as_json:
            self._write({}, telling.plan(plan), as_json=False)
        moved = None if dry_run else moving.move(workflow, timezone.now(), "command")
        said = [] if moved is None else [f"{moved:,} moved."]
        self._write({"plan": plan.as_dict(), "moved": moved}, said, as_json=as_json)

    def _write(self, data: dict[str, Any], lines: Iterable[str], *, as_json: bool) -> None:
        for line in [json.dumps(data)] if as_json else lines:
            self.stdout.write(line)

    def _go(self, *, once: bool, as_json: bool) -> None:
        while not self.stop.is_set():
            try:
                report = tick.once(stop=self.stop, with_calendar=True)
            except NotRunning as error:
                raise CommandError(str(error)) from error
            self._say(report, as_json=as_json, always=once)
            if once:
                if report.moved.failed:
                    raise SystemExit(1)
                return
            self.stop.wait(PAUSE_S)

    def _say(self, report: Report, *, as_json: bool, always: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"ok": not report.moved.failed, **report.as_dict()}))
        elif always or report.events or report.moved.runs:
            said = ", ".join(f"{number:,} {name}" for name, number in report.as_dict().items() if number)
            self.stdout.write(said or "nothing is due")

    def _bring_in(self, contents: Any) -> None:
        now = timezone.now()
        for content in contents:
            try:
                one = stored.store(content, "command", now)
            except BadDefinition as bad:
                raise CommandError(f"{content.get('name', 'It') if isinstance(content, dict) else 'It'}: {bad}") from bad
            self.stdout.write(f"{one.version}: {'on' if one.workflow.enabled else 'off'}")

    def _list(self, *, as_json: bool) -> None:
        rows = [
            {"name": w.name, "title": w.title, "enabled": w.enabled, "versions": w.versions.count(),
             "inside": w.runs.filter(state="active").count()}
            for w in Workflow.objects.order_by("name")
        ]  # fmt: skip
        if as_json:
            self.stdout.write(json.dumps(rows))
            return
        for row in rows:
            state = "on " if row["enabled"] else "off"
            self.stdout.write(f"{state}  {row['name']:<28} {row['inside']:>7,} inside  {row['title']}")


def _named(name: str) -> Workflow:
    workflow = Workflow.objects.filter(name=name).first()
    if workflow is None:
        known = ", ".join(Workflow.objects.order_by("name").values_list("name", flat=True)) or "none; --ready brings some in"
        raise CommandError(f"There is no workflow {name!r}. There are: {known}.")
    return workflow


def _newest(workflow: Workflow) -> Version:
    return Version.objects.filter(workflow=workflow).order_by("-number")[0]


def _moment(text: str | None, usual: datetime, clock: time) -> datetime:
    """A day of the company's calendar: its beginning or its end, or now where that lies ahead."""
    if not text:
        return usual
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no day: write it such as 2026-06-30.") from None
    return min(datetime.combine(day, clock, timezone.get_current_timezone()), timezone.now())


def _read(file: str) -> Any:
    try:
        return json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} cannot be read as JSON: {error}") from error
