from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication

from config.isolation import process
from config.jobs.command import UnitCommand


class _Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    def __init__(self, **options: Any) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIHandler:
        return get_wsgi_application()  # now: the static files have to be there already


class Command(UnitCommand):
    help = "Serve the back office (a production server: gunicorn with threads)."
    unit = "backoffice"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address:port")
        parser.add_argument("--processes", type=int, default=1)
        parser.add_argument("--threads", type=int, default=8)

    def run(self, **options: Any) -> None:
        process.confine("api_server")
        call_command("collectstatic", interactive=False, verbosity=0)
        _Server(
            bind=options["bind"],
            workers=options["processes"],
            threads=options["threads"],
            worker_class="gthread",
            loglevel="warning",
            proc_name="hub-api-server",
        ).run()
