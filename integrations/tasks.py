"""Where Celery looks for the tasks of this app's units."""

from integrations.ghl import inbound_tasks as ghl_inbound
from integrations.ghl import tasks as ghl

__all__ = ["ghl", "ghl_inbound"]
