import json
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Count
from django.utils import timezone

from automation.management import templates
from automation.messaging import consent
from automation.messaging.consent import CHANNELS, PURPOSES, BadAddress
from automation.messaging.delivery import epochs, run
from automation.messaging.models import Message
from config.jobs.command import UnitCommand

PAUSE_S = 2.0


class Command(UnitCommand):
    help = "Messages: send what is due, templates, note and show consent, begin a new epoch after a restore."
    unit = "automation"

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        send = acts.add_parser("send", help="look at what is due and send it, until Ctrl-C; --once: until nothing is due")
        send.add_argument("--once", action="store_true")
        send.add_argument("--json", action="store_true")
        status = acts.add_parser("status", help="how many messages are in which state, and whether anything leaves")
        status.add_argument("--json", action="store_true")
        show = acts.add_parser("consent", help="everything the ledger has about a person, as evidence: JSON")
        which = show.add_mutually_exclusive_group(required=True)
        which.add_argument("--customer", type=int, metavar="ID")
        which.add_argument("--address", metavar="PHONE|EMAIL")
        note = acts.add_parser("note", help="note what somebody said about being written to")
        note.add_argument("said", choices=("yes", "no"))
        note.add_argument("--channel", choices=CHANNELS, required=True)
        note.add_argument("--address", required=True, metavar="PHONE|EMAIL")
        note.add_argument("--purpose", choices=(*PURPOSES, "all"), default="all")
        note.add_argument("--who", required=True, help="who of the company notes it")
        note.add_argument("--why", required=True, help="what was said, where and when")
        templates.add_arguments(acts.add_parser("templates", help="what is said: bring in, list, look at one with a real record"))
        epoch = acts.add_parser("epoch", help="begin a new epoch: after the database was restored from a backup")
        epoch.add_argument("--who", default="command")
        epoch.add_argument("--why", required=True)

    def run(self, **options: Any) -> None:
        acts: dict[str, Callable[[dict[str, Any]], None]] = {
            "send": self._send, "status": self._status, "consent": self._consent, "note": self._note, "epoch": self._epoch,
            "templates": self._templates,
        }  # fmt: skip
        acts[options["act"]](options)

    def _send(self, options: dict[str, Any]) -> None:
        while not self.stop.is_set():
            report = run.once(stop=self.stop)
            numbers = {name: number for name, number in report.as_dict().items() if number}
            if options["json"]:
                self.stdout.write(json.dumps({"ok": not report.why, **report.as_dict()}))
            elif options["once"] or set(numbers) - {"why"}:
                said = ", ".join(f"{number:,} {name}" for name, number in numbers.items() if name != "why")
                self.stdout.write(" ".join(filter(None, (said, report.why))) or "nothing is due")
            if options["once"]:
                if report.why:
                    raise SystemExit(1)
                return
            self.stop.wait(PAUSE_S)

    def _status(self, options: dict[str, Any]) -> None:
        rows = Message.objects.values_list("state").annotate(count=Count("pk")).order_by("state")
        counts, why = dict(rows), ""
        try:
            run.may_leave(epochs.current())
        except run.NotSending as error:
            why = str(error)
        if options["json"]:
            self.stdout.write(json.dumps({"leaves": not why, "why": why, "epoch": epochs.current(), "messages": counts}))
            return
        self.stdout.write(why or "Messages leave.")
        for state, count in counts.items():
            self.stdout.write(f"{count:>9,} {state}")

    def _consent(self, options: dict[str, Any]) -> None:
        rows = consent.evidence(options["customer"], _known(options["address"]) if options["address"] else "")
        self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False))

    def _note(self, options: dict[str, Any]) -> None:
        try:
            address = consent.normal(options["channel"], options["address"])
        except BadAddress as bad:
            raise CommandError(str(bad)) from bad
        purposes = PURPOSES if options["purpose"] == "all" else (options["purpose"],)
        consent.said(
            options["channel"], address, timezone.now(), allowed=options["said"] == "yes", source="staff", why=options["why"],
            who=options["who"], purposes=purposes,
        )  # fmt: skip
        for purpose in purposes:
            stand = consent.standing(options["channel"], address, purpose)
            self.stdout.write(f"{purpose}: {'may' if stand.allowed else 'may not'} be written to. {stand.why}")

    def _templates(self, options: dict[str, Any]) -> None:
        told = templates.run(options, timezone.now())
        self.stdout.write(json.dumps(told.data, indent=2, ensure_ascii=False) if options["json"] else "\n".join(told.lines))

    def _epoch(self, options: dict[str, Any]) -> None:
        number = epochs.begin(timezone.now(), options["who"], options["why"])
        self.stdout.write(f"Epoch {number} has begun: messages leave again, but none that had left before.")


def _known(address: str) -> str:
    for channel in CHANNELS:
        try:
            return consent.normal(channel, address)
        except BadAddress:
            continue
    raise CommandError(f"{address!r} is neither a phone number nor an e-mail address.")
