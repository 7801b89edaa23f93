"""The Celery application: queues are units, and a task runs as the unit in front of its name."""

import os
from typing import Any

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def queue_of(name: str, *_: Any, **__: Any) -> dict[str, str]:
    """`servicetitan.sync` goes to the queue `servicetitan`."""
    return {"queue": name.partition(".")[0]}


app = Celery("hub", task_cls="config.jobs.tasks:UnitTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_routes = (queue_of,)
app.autodiscover_tasks()
