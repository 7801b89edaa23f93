"""Where the consumer stands in the hub's event log, and who is pushing."""

from django.db import models

from config.feed import consumer
from config.isolation.names import qualified


class FeedPosition(consumer.FeedPosition):
    """Everything up to here is noted in `contacts` and `accounts` as to be looked at."""

    class Meta:
        db_table = qualified("salesforce", "feed_positions")


class RunLease(models.Model):
    """One run pushes at a time: parallel writes to one org only lock each other out."""

    name = models.TextField(primary_key=True)
    fence = models.BigIntegerField(default=0)
    holder = models.TextField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        db_table = qualified("salesforce", "leases")

    def __str__(self) -> str:
        return self.name
