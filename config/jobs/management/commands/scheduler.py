from typing import Any

from django.conf import settings

from config.celery import app
from config.isolation import process
from config.jobs.beat import make_defaults
from config.jobs.bus import need_bus
from config.jobs.command import UnitCommand


class Command(UnitCommand):
    help = "Send scheduled tasks to the units' queues (Celery beat). The schedules are in the admin."
    unit = "backoffice"

    def run(self, **options: Any) -> None:
        process.confine("scheduler")
        need_bus()
        for name in make_defaults():
            self.stdout.write(f"New schedule: {name}")
        app.Beat(scheduler=settings.CELERY_BEAT_SCHEDULER, loglevel="WARNING", quiet=True).run()
