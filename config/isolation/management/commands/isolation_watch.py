import threading
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, connections

from config.isolation.manifest import OWNER_ALIAS
from config.isolation.proof import store
from config.jobs.command import UnitCommand

PAUSE_S = 2.0


class Command(UnitCommand):
    help = "Measure the fences when somebody asks for it in the admin, and once a day. Runs where the owner's login is."
    unit = "backoffice"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is waiting, then end")

    def run(self, **options: Any) -> None:
        if OWNER_ALIAS not in connections:
            raise CommandError("Measuring makes and drops tables, so it needs the owner's address: set DATABASE_URL.")
        stop: threading.Event = self.stop
        while not stop.is_set():
            self._step()
            if options["once"]:
                return
            stop.wait(PAUSE_S)

    def _step(self) -> None:
        """One measurement, if one is waiting. What goes wrong is told, and the next one is another try."""
        try:
            proof = store.waiting()
            if proof is not None:
                proved = store.make(proof)
                tried = f"{len(proved.results):,} acts tried in {proved.seconds:.1f} s"
                self.stdout.write(f"{tried}: {len(proved.surprises)} surprises")
        except DatabaseError as error:
            self.stderr.write(f"The database did not answer: {str(error).splitlines()[0]}")
            connections[OWNER_ALIAS].close()
        except Exception as error:  # a measurement that breaks off must not end the watch
            self.stderr.write(f"The measurement broke off: {type(error).__name__}: {error}")
