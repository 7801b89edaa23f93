"""What every mirrored table has."""

from django.db import models

from servicetitan import columns


class MirroredRecord(models.Model):
    """One record of ServiceTitan: typed columns beside the record as it came.

    `id` is ServiceTitan's. `missing_since`: an id sweep did not find the record (suspected);
    `deleted_at`: a direct read confirmed that it is gone.
    """

    id = models.BigIntegerField(primary_key=True)
    active = columns.Flag("active")
    created_on = columns.Moment("createdOn")
    modified_on = columns.Moment("modifiedOn")
    raw = models.JSONField()
    source_checkpoint = models.TextField(null=True, help_text="The continuation token that fetched the page.")
    first_seen_at = models.DateTimeField()
    synced_at = models.DateTimeField(help_text="When the record last changed here.")
    missing_since = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


def mirrored_columns(model: type[MirroredRecord]) -> list[columns.Column]:
    """The columns of `model` that are filled from the vendor's record."""
    return [field for field in model._meta.local_concrete_fields if isinstance(field, columns.Column)]
