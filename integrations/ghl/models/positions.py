"""Where the consumer stands in the hub's event log, and who is pushing."""

from django.db import models

from config.feed import consumer
from config.isolation.names import qualified


class FeedPosition(consumer.FeedPosition):
    """Everything up to here is noted in `ghl_contacts` and `ghl_opportunities` as to be looked at."""

    class Meta:
        db_table = qualified("integrations", "ghl_feed_positions")


class RunLease(models.Model):
    """One run pushes at a time: the vendor's limit is for all together, and who pushes alone can do nothing twice."""

    name = models.TextField(primary_key=True)
    fence = models.BigIntegerField(default=0)
    holder = models.TextField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        db_table = qualified("integrations", "ghl_leases")

    def __str__(self) -> str:
        return self.name
