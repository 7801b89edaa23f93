"""Base of the worker commands: a Celery worker for the queues of the units that the manifest lets run in it."""

import warnings
from typing import Any

from celery.exceptions import SecurityWarning
from celery.signals import heartbeat_sent, worker_ready
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.celery import app
from config.isolation import process
from config.isolation.redis.client import bus_redis
from config.jobs import alive
from config.jobs.bus import need_bus

SIGN_S = 2  # the worker's loop waits no longer for its sign of life to be taken


class WorkerCommand(BaseCommand):
    """Subclasses set `worker`: the command's name, as the manifest has it under `runs_in`."""

    worker: str
    concurrency = 2

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=self.concurrency, help="tasks at a time")

    def handle(self, *args: Any, **options: Any) -> None:
        process.confine(self.worker)
        if settings.EMBEDDED:
            warnings.simplefilter("ignore", SecurityWarning)  # a trial may run as root, as containers do
        need_bus()
        queues = [unit.name for unit in process.units_of(self.worker)]
        ready = f"{self.worker} is ready for tasks of: {', '.join(queues)}."
        worker_ready.connect(lambda **_: self._say(ready), weak=False)
        bus = bus_redis(socket_timeout=SIGN_S, socket_connect_timeout=SIGN_S)
        heartbeat_sent.connect(lambda **_: alive.tell_of_worker(self.worker, bus), weak=False)  # before it asks who listens
        worker = app.Worker(
            hostname=f"{self.worker}@%h",
            queues=queues,
            concurrency=options["concurrency"],
            loglevel="WARNING",
            quiet=True,
            without_gossip=True,
            without_mingle=True,
        )
        worker.start()
        raise SystemExit(worker.exitcode)

    def _say(self, line: str) -> None:
        """At once, also where somebody else's log gets it."""
        self.stdout.write(line)
        self.stdout.flush()
