import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication

from config.isolation import process
from config.isolation.manifest import STARTED_BY
from config.isolation.process import environment_for, units_of
from config.jobs.command import UnitCommand
from config.jobs.supervisor import Child, Supervisor, manage


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
    help = "Serve the back office and the API (gunicorn with threads), with the worker of its queue."
    unit = "backoffice"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address:port")
        parser.add_argument("--processes", type=int, default=1)
        parser.add_argument("--threads", type=int, default=8)

    def run(self, **options: Any) -> None:
        process.confine("api_server")
        call_command("collectstatic", interactive=False, verbosity=0)
        with self._workers():
            _Server(
                bind=options["bind"],
                workers=options["processes"],
                threads=options["threads"],
                worker_class="gthread",
                loglevel="warning",
                proc_name="hub-api-server",
            ).run()

    @contextmanager
    def _workers(self) -> Iterator[None]:
        """The commands that run with this one, each with the credentials of its own units alone."""
        names = [name for name, starter in STARTED_BY.items() if starter == "api_server"]
        children = [Child(name, manage(name), environment_for(units_of(name)), self._say) for name in names]
        stop = threading.Event()
        keeper = threading.Thread(target=Supervisor(children, stop).run, name="workers")
        keeper.start()
        try:
            yield
        finally:
            stop.set()
            keeper.join()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
