"""manage.py embedded start | stop | status"""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.embedded import EmbeddedError, ServerStatus, ensure, status, stop


class Command(BaseCommand):
    help = "Starts, stops or shows the hub's own PostgreSQL and Redis."
    requires_system_checks = ()  # it must also help where the database is what is broken

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["start", "stop", "status"])
        parser.add_argument("--json", action="store_true", help="Print JSON for a program to read.")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError("DATABASE_URL and REDIS_URL are set: the hub runs no servers of its own.")
        try:
            stopped = self._act(action)
            found = status(settings.HUB_DATA_DIR)
        except EmbeddedError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            servers = [server.as_dict() for server in found]
            self.stdout.write(json.dumps({"stopped": stopped, "servers": servers}, indent=2))
        else:
            self._show(stopped, found)

    def _act(self, action: str) -> list[str]:
        if action == "start":
            ensure(settings.HUB_DATA_DIR)
        return stop(settings.HUB_DATA_DIR) if action == "stop" else []

    def _show(self, stopped: list[str], found: list[ServerStatus]) -> None:
        for name in stopped:
            self.stdout.write(f"{name}: stopped")
        for server in found:
            if server.name not in stopped:
                self.stdout.write(_line(server))
        if not found:
            self.stdout.write(f"Not set up yet in {settings.HUB_DATA_DIR}: manage.py embedded start")


def _line(server: ServerStatus) -> str:
    state = "running" if server.running else "does not answer" if server.pid else "not running"
    process = f", process {server.pid}" if server.pid else ""
    version = f" {server.version}" if server.version else ""
    size = f"{server.data_bytes / 1024**2:,.0f} MB in {server.data_dir}"
    return f"{server.name}{version}: {state} on port {server.port}{process}; {size}; log {server.log}"
