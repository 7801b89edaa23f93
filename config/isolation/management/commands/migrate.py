from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections

from config.isolation import law, switches
from config.isolation.manifest import OWNER_ALIAS


class Command(DjangoMigrate):
    """Django's migrate, as the owner, followed by the grants: a table made a moment ago is fenced at once."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=OWNER_ALIAS)

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """Without the owner's address the other checks still run: one of them says what is missing."""
        checks = super().get_check_kwargs(options)
        return checks if OWNER_ALIAS in connections else {**checks, "databases": []}

    def handle(self, *args: Any, **options: Any) -> None:
        if OWNER_ALIAS not in connections:
            raise CommandError("migrate changes tables, so it needs the owner's address: set DATABASE_URL.")
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        with connections[OWNER_ALIAS].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('hub migrate'))")  # two machines deploy at once
        try:
            super().handle(*args, **options)
            outcome = law.apply()
            self._publish_switches()
        finally:
            connections[OWNER_ALIAS].close()  # gives the lock back, also behind a failed migration
        if options["verbosity"] > 0:
            self.stdout.write(f"Isolation: {len(outcome.changes)} changes to roles and grants.")
        for refusal in outcome.refused:
            self.stderr.write(self.style.WARNING(f"Isolation, refused: {refusal}"))

    def _publish_switches(self) -> None:
        """A Redis that is new knows no kill switch yet, and writes to vendors would wait."""
        try:
            switches.publish(using=OWNER_ALIAS)
        except switches.AWAY as error:
            self.stderr.write(self.style.WARNING(f"Redis could not be told the kill switches ({type(error).__name__})."))
