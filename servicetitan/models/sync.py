"""What the sync remembers: where each feed stands, what each run did, and which records it could not load."""

from django.db import models

from config.isolation.names import qualified


class SyncCursor(models.Model):
    """Where a feed stands, and who is working on it.

    The continuation token and the page it led to commit together, so every stored token is a valid place to start.
    `fence` grows with each lease: a run whose lease was taken over can no longer commit.
    """

    entity = models.TextField(primary_key=True)
    continue_from = models.TextField(null=True)
    checkpoint_at = models.DateTimeField(null=True, help_text="When the token was stored.")
    caught_up_at = models.DateTimeField(
        null=True, help_text="When ServiceTitan last had nothing more: what changed before is here."
    )
    full_since = models.DateTimeField(null=True, help_text="Start of a full read that is not finished yet.")
    blanked = models.JSONField(null=True, help_text="Per field, how many values were emptied here lately.")
    blanked_since = models.DateTimeField(null=True, help_text="Since when they are counted.")
    braked = models.TextField(null=True, help_text="The field that the brake lets nobody empty until a person decides.")
    last_success_at = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    holder = models.TextField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        db_table = qualified("servicetitan", "st_sync_cursors")

    def __str__(self) -> str:
        return self.entity


class SyncLog(models.Model):
    """One run of one feed."""

    class State(models.TextChoices):
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        PARTIAL = "partial", "succeeded with rejects"
        FAILED = "failed"
        BRAKED = "braked", "stopped by the brake"
        BUSY = "busy", "skipped: already running"
        INTERRUPTED = "interrupted"

    class Mode(models.TextChoices):
        INCREMENTAL = "incremental"
        FULL = "full"
        SINCE = "since"
        RECONCILE = "reconcile"
        REFERENCE = "reference", "reference list"
        RETRY = "retry", "retry of rejects"

    run = models.UUIDField(help_text="Feeds started together share it.")
    entity = models.TextField()
    mode = models.TextField(choices=Mode.choices)
    trigger = models.TextField()
    state = models.TextField(choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    fetched = models.BigIntegerField(default=0)
    inserted = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    deactivated = models.BigIntegerField(default=0)
    deleted = models.BigIntegerField(default=0)
    suspected = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    repaired = models.BigIntegerField(default=0, help_text="Characters replaced that PostgreSQL cannot store.")
    pages = models.BigIntegerField(default=0)
    api_calls = models.BigIntegerField(default=0)
    retries = models.BigIntegerField(default=0)
    wait_seconds = models.FloatField(default=0)
    bytes = models.BigIntegerField(default=0)
    checkpoint_before = models.TextField(null=True)
    checkpoint_after = models.TextField(null=True)
    first_txid = models.BigIntegerField(null=True, help_text="Its changes have transaction ids from here")
    last_txid = models.BigIntegerField(null=True, help_text="to here.")
    worker = models.TextField(default="")
    error = models.TextField(default="")
    detail = models.TextField(default="", help_text="Traceback of an unexpected error.")
    correlation_id = models.TextField(default="", help_text="As in the logs.")

    class Meta:
        db_table = qualified("servicetitan", "st_sync_log")
        verbose_name = "sync run"
        indexes = [
            models.Index(fields=["entity", "-id"], name="st_sync_log_entity"),
            models.Index(fields=["state", "-id"], name="st_sync_log_state"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.mode} {self.pk}"


class SyncReject(models.Model):
    """A record that could not be loaded. It is tried again by every run until it loads or somebody dismisses it."""

    class State(models.TextChoices):
        OPEN = "open"
        RESOLVED = "resolved"
        DISMISSED = "dismissed"

    entity = models.TextField()
    record_id = models.TextField(help_text="The record's id, or a fingerprint where it has none.")
    state = models.TextField(choices=State.choices, default=State.OPEN)
    reason = models.TextField()
    payload = models.TextField(help_text="The record as it came.")
    attempts = models.IntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_tried_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = qualified("servicetitan", "st_sync_rejects")
        verbose_name = "reject"
        constraints = [models.UniqueConstraint(fields=["entity", "record_id"], name="st_sync_rejects_record")]
        indexes = [models.Index(fields=["state", "entity"], name="st_sync_rejects_state")]

    def __str__(self) -> str:
        return f"{self.entity} {self.record_id}"
