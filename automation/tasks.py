"""Where Celery looks for the tasks of this app."""

from automation.messaging import tasks as messaging
from automation.workflows import tasks as workflows

__all__ = ["messaging", "workflows"]
