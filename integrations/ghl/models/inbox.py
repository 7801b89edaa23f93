"""Events that GoHighLevel sent: verified by the web process, which may do nothing but put them here."""

from django.db import models
from django.db.models.functions import Now

from config.isolation.names import qualified


class WebhookEvent(models.Model):
    """A hint that a record changed there: the worker reads the record itself, and believes that."""

    webhook_id = models.TextField(primary_key=True, help_text="GoHighLevel's id of the delivery: a repeated one is dropped.")
    type = models.TextField()
    record_id = models.TextField(default="", help_text="GoHighLevel's id of the contact or opportunity.")
    received_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = qualified("integrations", "ghl_webhook_events")
        verbose_name = "GoHighLevel event"
        indexes = [
            models.Index(fields=["received_at"], name="ghl_webhooks_open", condition=models.Q(done_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.record_id}"
