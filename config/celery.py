"""The Celery application: queues are units, and a task runs as the unit in front of its name."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def queue_of(name: str, *_: Any, **__: Any) -> dict[str, str]:
    """`servicetitan.sync` goes to the queue `servicetitan`."""
    return {"queue": name.partition(".")[0]}


@setup_logging.connect(weak=False)  # type: ignore[untyped-decorator] # celery ships no types
def keep_our_logging(**_: Any) -> None:
    """With a receiver of this signal Celery adds no handlers of its own, whose lines nothing would redact."""


app = Celery("hub", task_cls="config.jobs.tasks:UnitTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_routes = (queue_of,)
app.autodiscover_tasks()
