import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.jobs.command import ended_by_signals
from config.jobs.sandbox import Play, advance, by_vendor, remembered
from config.sandbox import ports
from config.sandbox.origin import Origin
from config.sandbox.serving import SAVE_EVERY_S, serving
from config.sandbox.vendors import registered


class Command(BaseCommand):
    help = (
        "Serve emulated vendors, each on a port of its own, around a made-up company that lives on. "
        "Loopback only; stops with Ctrl-C. A restart finds everything as it was; another size or seed is a new company."
    )
    requires_system_checks = ()  # it needs no database

    def add_arguments(self, parser: CommandParser) -> None:
        usual = Origin()
        parser.add_argument("--customers", type=int, help="size of the company (a record count is about 12 times that)")
        parser.add_argument("--records", type=int, default=usual.records, help="size in records, in place of --customers")
        parser.add_argument("--seed", type=int, default=usual.seed, help="another seed, another company")
        parser.add_argument("--speed", type=float, default=1.0, help="60: an hour passes in a minute; 0: time stands still")
        parser.add_argument("--activity", type=float, default=usual.activity, help="events a customer and day")
        parser.add_argument("--port", type=int, default=settings.SANDBOX_PORT, help="ServiceTitan's; the others' follow it")
        parser.add_argument("--advance", type=int, metavar="HOURS", help="let hours pass at the running sandbox, and end")
        units = ", ".join(vendor.unit for vendor in registered())
        for name in ("switches", "faults"):
            text = f"see the vendor's sandbox/{name}.py; once for each of {units}, and the first needs no name"
            parser.add_argument(f"--{name}", action="append", default=[], metavar="[VENDOR=]JSON", help=text)

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["port"] <= ports.HIGHEST:
            raise CommandError(f"--port is a number from 1 to {ports.HIGHEST}: the other vendors' ports follow it.")
        try:
            if options["advance"] is not None:
                advance(options["port"], options["advance"])
            else:
                self._serve(options)
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error

    def _serve(self, options: dict[str, Any]) -> None:
        switches, faults = by_vendor(options["switches"], dict), by_vendor(options["faults"], list)
        play = Play(options["port"], options["speed"], switches, faults)
        asked = Origin(records=options["records"], seed=options["seed"], activity=options["activity"])
        company = remembered().company(options["customers"], asked)
        stop = threading.Event()
        with ended_by_signals(stop):
            served = [play.served(vendor, company) for vendor in registered()]
            for name, value in (pair for one in served for pair in one.emulator.settings.items()):
                self._say(f"{name}={value}")
            with serving(served, self._say) as addresses:
                remembered().keep(company)
                for one, address in zip(served, addresses, strict=True):
                    self._say(f"{one.title} sandbox at {address}")
                while not stop.wait(SAVE_EVERY_S):
                    for one in served:
                        one.save(self._say)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
