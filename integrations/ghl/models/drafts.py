"""What the brake holds back until a person has looked."""

from django.db import models

from config.isolation.names import qualified


class Draft(models.Model):
    """A run wanted to change more contacts than is usual: a changed mapping, an import gone wrong. The rows wait here."""

    class State(models.TextChoices):
        OPEN = "open", "waits for a decision"
        APPROVED = "approved"
        REJECTED = "rejected", "not to be sent until they change again"

    state = models.TextField(choices=State.choices, default=State.OPEN)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.TextField(default="")
    changes = models.IntegerField(help_text="Contacts that would change.")
    sent_contacts = models.IntegerField(help_text="Contacts there are.")
    fields = models.JSONField(default=dict, help_text="Per field, in how many contacts it would change.")
    sample = models.JSONField(default=list, help_text="Some of them: customer, and per field what is there and would be.")

    class Meta:
        db_table = qualified("integrations", "ghl_drafts")
        verbose_name = "GoHighLevel draft"

    def __str__(self) -> str:
        return f"draft {self.pk}: {self.changes:,} contacts"
