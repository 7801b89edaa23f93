"""Where the consumer stands in the hub's event log, who is at it, and what became of tasks."""

from django.db import models

from config.feed import consumer
from config.isolation.names import qualified
from config.jobs.deliveries import TaskDelivery


class FeedPosition(consumer.FeedPosition):
    """Everything up to here has become events, or is none."""

    class Meta:
        db_table = qualified("automation", "workflow_feed_positions")


class RunLease(models.Model):
    """One process at a time derives events; runs are advanced by any number."""

    name = models.TextField(primary_key=True)
    fence = models.BigIntegerField(default=0)
    holder = models.TextField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        db_table = qualified("automation", "workflow_leases")

    def __str__(self) -> str:
        return self.name


class AutomationDelivery(TaskDelivery):
    """What became of the tasks of this unit."""

    class Meta(TaskDelivery.Meta):
        db_table = qualified("automation", "workflow_task_deliveries")
        verbose_name = "workflow task"
