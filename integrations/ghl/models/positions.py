"""Where the consumer stands in the hub's event log, and who is pushing."""

from django.db import models

from config.isolation.names import qualified


class FeedPosition(models.Model):
    """Everything up to here is noted in `ghl_contacts` and `ghl_opportunities` as to be looked at.

    The name of the table makes the mirror keep the log for us.
    """

    consumer = models.TextField(primary_key=True)
    txid = models.BigIntegerField()
    change_id = models.BigIntegerField(db_column="id")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = qualified("integrations", "ghl_feed_positions")

    def __str__(self) -> str:
        return self.consumer


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
