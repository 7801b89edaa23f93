"""Bulk jobs: each step is stored, so that a run that was killed between any two is followed by one that goes on."""

from django.db import models

from config.isolation.names import qualified


class BulkJob(models.Model):
    """A part of a big push. Its records point here, and hold what it sends of them."""

    class State(models.TextChoices):
        PLANNED = "planned", "its records are chosen"
        OPEN = "open", "made at Salesforce"
        UPLOADED = "uploaded", "its data are there"
        CLOSED = "closed", "Salesforce works on it"
        DONE = "done", "its results are stored"
        FAILED = "failed", "given up: its records are sent again"

    run = models.ForeignKey("salesforce.SyncRun", models.SET_NULL, null=True, related_name="jobs")
    sobject = models.TextField(help_text="Contact or Account.")
    state = models.TextField(choices=State.choices, default=State.PLANNED)
    sf_job_id = models.TextField(null=True)
    columns = models.JSONField(default=list, help_text="Of the table that is sent.")
    records = models.IntegerField(default=0)
    succeeded = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    unprocessed = models.IntegerField(default=0)
    told = models.TextField(default="", help_text="Salesforce's own state of the job, as last seen.")
    error = models.TextField(default="")
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = qualified("salesforce", "bulk_jobs")
        verbose_name = "Salesforce bulk job"
        indexes = [models.Index(fields=["state", "id"], name="sf_bulk_jobs_state")]

    def __str__(self) -> str:
        return f"{self.sobject} job {self.sf_job_id or self.pk}"
