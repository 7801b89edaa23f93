import os
from typing import Any

from django.core.management import get_commands
from django.core.management.base import CommandParser

from config.isolation.manifest import OWNER_RUNS_IN, STARTED_BY, UNITS
from config.jobs.command import UnitCommand
from config.jobs.supervisor import Supervisor, child


def processes() -> list[str]:
    """The long-running commands of the manifest that exist, each once; but those that another one starts."""
    known = get_commands()
    wanted = dict.fromkeys([*(name for unit in UNITS for name in unit.runs_in), *OWNER_RUNS_IN])
    return [name for name in wanted if name in known and name not in STARTED_BY]


class Command(UnitCommand):
    help = "Run everything on this machine: workers, scheduler and the back office. Ends with Ctrl-C."
    unit = "backoffice"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address:port of the back office")

    def run(self, **options: Any) -> None:
        children = [child(name, options["bind"], os.environ, self.stdout.write) for name in processes()]
        self.stdout.write(f"Running {', '.join(child.name for child in children)}. The back office: http://{options['bind']}/")
        Supervisor(children, self.stop).run()
