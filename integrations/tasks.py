"""Where Celery looks for the tasks of this app's units."""

from integrations.ghl import tasks as ghl

__all__ = ["ghl"]
