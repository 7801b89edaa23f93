"""The hub's event log."""

from django.db import models

from config.isolation.names import qualified


class Change(models.Model):
    """One real change of one mirrored record, written in the transaction that changed it.

    `old` and `new` hold the top-level fields of the record that differ, and nothing else: an insert has neither.
    A field that is in `new` but not in `old` was not there before. Read in the order (txid, id) and only below
    `pg_snapshot_xmin(pg_current_snapshot())`: `config.feed` does. Partitioned by `changed_at`,
    so the table itself is made by SQL in the second migration.
    """

    class Kind(models.TextChoices):
        INSERTED = "inserted"
        CHANGED = "changed"
        DEACTIVATED = "deactivated"
        RESTORED = "restored"
        DELETED = "deleted"

    id = models.BigIntegerField(primary_key=True)
    txid = models.BigIntegerField()
    entity = models.TextField()
    record_id = models.BigIntegerField()
    kind = models.TextField(choices=Kind.choices)
    changed_at = models.DateTimeField()
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)

    class Meta:
        db_table = qualified("servicetitan", "st_changes")

    def __str__(self) -> str:
        return f"{self.entity} {self.record_id} {self.kind}"
