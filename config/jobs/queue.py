"""Sending a task to a unit's queue: how one part of the hub asks another for something."""

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from kombu.exceptions import OperationalError

from config import correlation, telemetry
from config.celery import app
from config.isolation.redis.client import check_bus
from config.isolation.redis.connection import RedisLoginRefused
from config.jobs.tasks import ID


def send(task: str, **arguments: Any) -> UUID:
    """Queue `task` ("servicetitan.sync") and return the id of its delivery. Raises kombu's OperationalError."""
    id = uuid4()
    headers = {ID: id.hex, correlation.TASK_HEADER: correlation.current(), **telemetry.carrier()}
    try:
        app.send_task(task, kwargs=arguments, headers=headers)
    except OperationalError as error:
        try:
            check_bus()  # starts our own server where it does not answer
        except RedisLoginRefused as refused:
            raise OperationalError(str(refused)) from error
        if not settings.EMBEDDED:
            raise
        app.send_task(task, kwargs=arguments, headers=headers)
    return id
