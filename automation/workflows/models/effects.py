"""What a step wants to be sent: written in the transaction that moves the run on, so it is neither lost nor wanted twice."""

from django.db import models

from automation.workflows.models.runs import Run
from config.isolation.names import qualified


class Effect(models.Model):
    class Kind(models.TextChoices):
        SMS = "sms"
        EMAIL = "email"
        STAFF = "staff"

    key = models.TextField(unique=True, help_text="The idempotency key: run, version and step.")
    run = models.ForeignKey(Run, models.PROTECT, related_name="effects")
    kind = models.TextField(choices=Kind.choices)
    template = models.TextField()
    customer_id = models.BigIntegerField(null=True)
    entity = models.TextField()
    entity_id = models.BigIntegerField()
    step = models.TextField(default="", help_text="As people count it.")
    condition = models.JSONField(null=True, help_text="Must hold at the moment it is sent.")
    priority = models.IntegerField(default=0, help_text="Higher goes first where a cap lets not all go.")
    freshest_minutes = models.IntegerField(null=True, help_text="How old the mirror may be when it is sent.")
    wanted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True, help_text="When it became a message.")

    class Meta:
        db_table = qualified("automation", "workflow_effects")
        verbose_name = "message wanted"
        indexes = [
            models.Index(fields=["customer_id"], name="workflow_effects_customer"),
            models.Index(fields=["id"], name="workflow_effects_open", condition=models.Q(taken_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.template}"
