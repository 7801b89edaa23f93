import getpass
import json
import re
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from config.isolation import switches
from config.isolation.manifest import SWITCHES
from config.isolation.models import SwitchChange
from config.jobs.command import UnitCommand

_SPAN = re.compile(r"(\d+)\s*(m|min|h|d)")
_SECONDS = {"m": 60, "min": 60, "h": 3600, "d": 86_400}


class Command(UnitCommand):
    help = "Show the kill switches, or turn one: manage.py switch ghl hold --why 'wrong prices' --until 2h"
    unit = "backoffice"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("switch", nargs="?", metavar="SWITCH", help=", ".join(SWITCHES))
        parser.add_argument("mode", nargs="?", choices=[str(mode) for mode in switches.Mode], help="what it shall be")
        parser.add_argument("--why", default="", help="the reason, for everybody who will ask; needed for all but run")
        parser.add_argument("--until", metavar="WHEN", help="back to run then: 30min, 2h, 1d, 2026-01-31T06:00 (company's time)")
        parser.add_argument("--by", default="", help="who decided it; default: your login on this machine")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of text")

    def run(self, **options: Any) -> None:
        if options["switch"]:
            self._turn(options)
        else:
            self._publish()
        stands = switches.newest()
        if options["json"]:
            self.stdout.write(json.dumps({name: vars(stand) for name, stand in stands.items()}, default=str))
            return
        for name, stand in stands.items():
            plain = stand.mode == switches.Mode.RUN
            self.stdout.write(f"{name:<13} {stand.mode:<8} {'' if plain else stand.sentence()}".rstrip())

    def _turn(self, options: dict[str, Any]) -> None:
        name, mode, why = options["switch"], options["mode"], options["why"].strip()
        if not mode:
            raise CommandError(f"What shall {name} be? Say one of: {', '.join(switches.Mode)}.")
        if mode != switches.Mode.RUN and not why:
            raise CommandError("Say why with --why: whoever finds the switch thrown at 6 in the morning will ask.")
        who, until = options["by"] or getpass.getuser(), _moment(options["until"])
        change = SwitchChange(switch=name, mode=mode, who=who, why=why or "no reason given", until=until)
        try:
            switches.turn(change)
        except switches.UnknownSwitch as error:
            raise CommandError(str(error)) from error
        except switches.AWAY as error:
            raise CommandError(
                f"{name} is stored as {mode}, but Redis could not be told ({type(error).__name__}). Calls that change "
                "something at a vendor wait while Redis is away; run `manage.py switch` when it is back."
            ) from error
        if switches.off_by_environment(SWITCHES[name]):
            self.stderr.write(self.style.WARNING(switches.newest()[name].sentence()))

    def _publish(self) -> None:
        try:
            switches.publish()
        except switches.AWAY as error:
            said = f"Redis could not be told ({type(error).__name__}); this is the database's word."
            self.stderr.write(self.style.WARNING(said))


def _moment(text: str | None) -> datetime | None:
    """A span from now, or a moment in the company's zone. Raises CommandError."""
    if not text:
        return None
    if found := _SPAN.fullmatch(text.strip()):
        return timezone.now() + timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"--until {text!r} is no time. Write 30min, 2h, 1d or 2026-01-31T06:00.")
    moment = moment if moment.tzinfo else timezone.make_aware(moment)
    if moment <= timezone.now():
        raise CommandError(f"--until {text!r} has passed already.")
    return moment
