import re
import threading
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.isolation import process
from config.isolation.actor import acting_as
from config.isolation.readonly import holes
from config.jobs.command import ended_by_signals
from config.monitoring import alerts, book, windows
from config.monitoring.agent import Agent, as_json, basics
from config.monitoring.probes import State, registered

UNITS = {"m": 60, "h": 3600, "d": 86400}


class Command(BaseCommand):
    help = "Watch everything and tell people one thing a cause; write nowhere. --once: exit status 1 where something is bad."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one pass that tells nobody, for cron and health checks")
        parser.add_argument("--json", action="store_true", help="with --once: one JSON object")
        parser.add_argument("--every", type=float, default=30.0, metavar="S", help="from one pass to the next (%(default)s)")
        parser.add_argument("--test-alert", action="store_true", help="send a word by every channel, and say what became of it")
        parser.add_argument("--maintenance", metavar="2h", help="tell nobody anything for so long; 0 ends it")
        parser.add_argument("--why", default="", help="with --maintenance")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["every"] < 1:
            raise CommandError("--every: at least 1 second.")
        if options["json"] and not options["once"]:
            raise CommandError("--json goes with --once.")
        if not (options["once"] or options["test_alert"] or options["maintenance"]):
            process.confine("st_monitoring_agent")
        with acting_as("monitor"):
            self._must_be_harmless()
            self._act(options)

    def _act(self, options: dict[str, Any]) -> None:
        if options["maintenance"]:
            self._maintenance(options["maintenance"], options["why"])
        elif options["test_alert"]:
            self._test_alert()
        elif options["once"]:
            self._once(options)
        else:
            self._watch(options["every"])

    def _must_be_harmless(self) -> None:
        try:
            windows.parse(settings.MONITOR_MAINTENANCE)
        except ValueError as error:
            raise CommandError(f"MONITOR_MAINTENANCE: {error}") from error
        found = holes(settings.REDIS_URLS["monitor"])
        if "open-redis" in settings.HUB_TOLERATED_HOLES:
            found = [hole for hole in found if "Redis" not in hole]
        if found:
            raise CommandError(f"It could change {'; '.join(found)}: it refuses to run. Run `manage.py isolation apply`.")

    def _watch(self, every: float) -> None:
        agent = Agent([basics(), *registered()], every, self._say)
        self.stdout.write(f"st_monitoring_agent watches {len(agent.graph.nodes)} things, every {every:g} s.")
        stop = threading.Event()
        with ended_by_signals(stop):
            agent.run(stop)

    def _say(self, line: str) -> None:
        self.stdout.write(f"{timezone.localtime():%H:%M:%S} {line}")

    def _once(self, options: dict[str, Any]) -> None:
        agent = Agent([basics(), *registered()], options["every"])
        done = agent.look()
        bad = {name for name, reading in done.readings.items() if reading.state in (State.BAD, State.UNKNOWN)}
        causes = agent.graph.causes(bad)
        if options["json"]:
            self.stdout.write(as_json(done, causes))
        else:
            for name, reading in done.readings.items():
                mark = "  <- cause" if name in causes else ""
                self.stdout.write(f"{reading.state:<8} {agent.graph.nodes[name].title}: {reading.text}{mark}")
        if bad:
            raise SystemExit(1)

    def _test_alert(self) -> None:
        ways = alerts.channels()
        if not ways:
            raise CommandError("Set MONITOR_EMAIL_TO and MONITOR_EMAIL_URL, MONITOR_SLACK_URL or MONITOR_WEBHOOK_URL first.")
        failed = [name for name in ways if not alerts.send_test(name)]
        for name in ways:
            self.stdout.write(f"{name}: {'failed; the line above says why' if name in failed else 'sent'}")
        if failed:
            raise SystemExit(1)

    def _maintenance(self, length: str, why: str) -> None:
        if length == "0":
            book.end_pause()
            self.stdout.write("The maintenance is over: people are told again.")
            return
        match = re.fullmatch(r"(\d{1,3})([mhd])", length)
        if match is None or not int(match[1]):
            raise CommandError(f"--maintenance {length!r}: write 30m, 2h or 1d; 0 ends it.")
        seconds = int(match[1]) * UNITS[match[2]]
        until = timezone.now().timestamp() + seconds
        book.set_pause(until, why, seconds)
        ends = timezone.localtime() + timedelta(seconds=seconds)
        self.stdout.write(f"Nobody is told anything until {ends:%Y-%m-%d %H:%M}.")
