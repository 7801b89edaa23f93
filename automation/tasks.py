"""Where Celery looks for the tasks of this app."""

from automation.workflows import tasks as workflows

__all__ = ["workflows"]
