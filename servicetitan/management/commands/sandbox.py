import json
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.isolation.egress import guard
from servicetitan.sandbox.api.auth import Credentials
from servicetitan.sandbox.command import Options, build
from servicetitan.sandbox.server import serve_forever


class Command(BaseCommand):
    help = "Serve an emulated ServiceTitan with a made-up company that lives on. Loopback only; stops with Ctrl-C."
    requires_system_checks = ()  # it needs no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, help="size of the company (a record count is about 12 times that)")
        parser.add_argument("--records", type=int, default=0, help="size in records, in place of --customers")
        parser.add_argument("--seed", type=int, default=1, help="another seed, another company")
        parser.add_argument("--speed", type=float, default=1.0, help="60: an hour passes in a minute; 0: time stands still")
        parser.add_argument("--activity", type=float, default=0.015, help="share of customers something happens to in a day")
        parser.add_argument("--port", type=int, default=settings.SANDBOX_PORT)
        parser.add_argument("--advance", type=int, metavar="HOURS", help="let hours pass at the running sandbox, and end")
        parser.add_argument("--switches", default="{}", metavar="JSON", help="see servicetitan/sandbox/switches.py")
        parser.add_argument("--faults", default="[]", metavar="JSON", help="see servicetitan/sandbox/faults.py")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["advance"]:
            _advance(options["port"], options["advance"])
            return
        company = _remembered(options)
        credentials = _credentials()
        for name, value in _settings(options["port"], credentials).items():
            self.stdout.write(f"{name}={value}")
        self.stdout.flush()
        try:
            sandbox = build(
                Options(
                    customers=company["customers"],
                    records=company["records"],
                    seed=company["seed"],
                    start=datetime.fromisoformat(company["start"]),
                    speed=options["speed"],
                    activity=company["activity"],
                    credentials=credentials,
                    switches=json.loads(options["switches"]),
                    faults=tuple(json.loads(options["faults"])),
                )
            )
            sandbox.company.clock.advance(timedelta(hours=company.get("advanced", 0)))
            serve_forever(sandbox, "127.0.0.1", options["port"])
        except (ValueError, OSError) as error:
            raise CommandError(f"The sandbox cannot start: {error}") from error


def _file() -> Path:
    path: Path = settings.HUB_DATA_DIR / "sandbox.json"
    return path


def _advance(port: int, hours: int) -> None:
    """Tell the sandbox that runs, and remember it for the next start."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        with guard.trusted("lets time pass at our own sandbox"):
            connection.connect()
        connection.request("POST", "/sandbox/advance", json.dumps({"hours": hours}), {"Content-Type": "application/json"})
        if connection.getresponse().status != 200:
            raise CommandError(f"What listens on port {port} is no sandbox.")
    except OSError as error:
        raise CommandError(f"No sandbox runs on port {port}: start one with manage.py sandbox.") from error
    finally:
        connection.close()
    company = json.loads(_file().read_text())
    _file().write_text(json.dumps(company | {"advanced": company.get("advanced", 0) + hours}))


def _remembered(options: dict[str, Any]) -> dict[str, Any]:
    """The company of the last start, so that a restart finds it where it would be by now; another size is a new one."""
    path = _file()
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    customers = options["customers"] or known.get("customers") or 500
    asked = {"customers": customers} | {name: options[name] for name in ("records", "seed", "activity")}
    if {name: known.get(name) for name in asked} == asked:
        return known
    company = asked | {"start": datetime.now(UTC).isoformat()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(company))
    return company


def _credentials() -> Credentials:
    if not settings.SERVICETITAN_USES_SANDBOX:  # real ones are configured: they are none of the sandbox's business
        return Credentials()
    return Credentials(
        int(settings.SERVICETITAN_TENANT_ID),
        settings.SERVICETITAN_CLIENT_ID,
        settings.SERVICETITAN_CLIENT_SECRET,
        settings.SERVICETITAN_APP_KEY,
    )


def _settings(port: int, credentials: Credentials) -> dict[str, str]:
    return {
        "SERVICETITAN_API_URL": f"http://127.0.0.1:{port}",
        "SERVICETITAN_AUTH_URL": f"http://127.0.0.1:{port}",
        "SERVICETITAN_TENANT_ID": str(credentials.tenant),
        "SERVICETITAN_CLIENT_ID": credentials.client_id,
        "SERVICETITAN_CLIENT_SECRET": credentials.client_secret,
        "SERVICETITAN_APP_KEY": credentials.app_key,
    }
