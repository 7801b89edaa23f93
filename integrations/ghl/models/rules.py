"""Which stage a card stands in when something has happened. People's: edited in the admin."""

from django.db import models

from config.isolation.names import qualified


class StageRule(models.Model):
    """When `happened`, a card of `business_unit_id` (or of any) goes to this stage of this pipeline, with this status."""

    class Happened(models.TextChoices):
        """In the order in which a sale goes on; a card never goes back in it."""

        APPOINTMENT_SCHEDULED = "appointment_scheduled", "visit ahead, nothing decided"
        PROPOSAL_SENT = "proposal_sent", "estimate is with the customer"
        FOLLOW_UP = "follow_up", "no decision for some days"
        LOST = "lost", "estimate dismissed"
        SOLD = "sold", "estimate sold"
        INSTALL_SCHEDULED = "install_scheduled", "installation has an appointment"
        INSTALL_COMPLETED = "install_completed", "installation is done"

    class Status(models.TextChoices):
        OPEN = "open"
        WON = "won"
        LOST = "lost"
        ABANDONED = "abandoned"

    id = models.BigAutoField(primary_key=True)
    happened = models.TextField(choices=Happened.choices)
    business_unit_id = models.BigIntegerField(null=True, blank=True, help_text="Of ServiceTitan; empty: any.")
    pipeline_id = models.TextField()
    stage_id = models.TextField()
    status = models.TextField(choices=Status.choices, default=Status.OPEN)
    lost_reason_id = models.TextField(default="", blank=True)
    after_days = models.PositiveIntegerField(default=3, help_text="For follow_up: after so many days without a decision.")
    over_human = models.BooleanField(default=False, help_text="Also where somebody at GoHighLevel moved the card.")
    suggested = models.BooleanField(default=False, help_text="Found by the names of the stages, not chosen by a person.")

    class Meta:
        db_table = qualified("integrations", "ghl_stage_rules")
        verbose_name = "GoHighLevel stage rule"
        constraints = [
            models.UniqueConstraint(
                fields=["happened", "business_unit_id"], name="ghl_stage_rules_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        unit = f" in business unit {self.business_unit_id}" if self.business_unit_id else ""
        return f"{self.Happened(self.happened).label}{unit}"
