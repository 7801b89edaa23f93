"""What happened."""

from django.db import models

from config.isolation.names import qualified


class Event(models.Model):
    """One row for each true transition: `key` is unique, so that no replay makes a second one."""

    key = models.TextField(unique=True)
    kind = models.TextField(help_text="Such as estimate.sold (events.py).")
    entity = models.TextField()
    entity_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    happened_at = models.DateTimeField(help_text="When the mirror learned of it, or when its time came.")
    noted_at = models.DateTimeField()
    data = models.JSONField(default=dict, help_text="The values that made it one, as they were then.")
    correlation_id = models.TextField(default="", db_default="", help_text="Of the sync that brought the change, as in the logs.")
    handled_at = models.DateTimeField(null=True, help_text="When workflows had decided about it.")

    class Meta:
        db_table = qualified("automation", "workflow_events")
        verbose_name = "event"
        indexes = [
            models.Index(fields=["id"], name="workflow_events_open", condition=models.Q(handled_at__isnull=True)),
            models.Index(fields=["entity", "entity_id", "-id"], name="workflow_events_of"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.entity_id}"
