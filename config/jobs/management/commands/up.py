import os
from typing import Any

from django.core.management import get_commands
from django.core.management.base import CommandParser

from config.isolation.manifest import UNITS
from config.jobs.command import UnitCommand
from config.jobs.supervisor import Child, Supervisor, manage


def processes() -> list[str]:
    """The long-running commands of the manifest that exist, each once."""
    known = get_commands()
    return [name for name in dict.fromkeys(name for unit in UNITS for name in unit.runs_in) if name in known]


class Command(UnitCommand):
    help = "Run everything on this machine: workers, scheduler and the back office. Ends with Ctrl-C."
    unit = "backoffice"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address:port of the back office")

    def run(self, **options: Any) -> None:
        arguments = {"api_server": [f"--bind={options['bind']}"]}
        children = [
            Child(name, manage(name, *arguments.get(name, [])), os.environ, self.stdout.write) for name in processes()
        ]
        self.stdout.write(f"Running {', '.join(child.name for child in children)}. The back office: http://{options['bind']}/")
        Supervisor(children, self.stop).run()
