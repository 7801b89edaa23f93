"""What the provider tells: states of messages, and messages from people. The web process may only put it here."""

from django.db import models
from django.db.models.functions import Now

from config.isolation.names import qualified


class Answer(models.Model):
    """Verified, and not looked at yet by the unit's worker where `handled_at` is null. `key` makes a repeated delivery none."""

    class Kind(models.TextChoices):
        STATUS = "status", "state of a message"
        INBOUND = "inbound", "message from somebody"
        UNSUBSCRIBE = "unsubscribe", "unsubscribe link"

    key = models.TextField(unique=True)
    kind = models.TextField(choices=Kind.choices)
    provider_id = models.TextField(default="", help_text="The message that it is about, as the provider calls it.")
    message_key = models.TextField(default="", help_text="The same, as we call it, where the address of the callback says so.")
    address = models.TextField(default="", help_text="Whose answer it is.")
    state = models.TextField(default="", help_text="As the provider writes it, such as delivered.")
    error_code = models.TextField(default="")
    text = models.TextField(default="", help_text="What somebody wrote.")
    received_at = models.DateTimeField(db_default=Now())
    handled_at = models.DateTimeField(null=True)
    meaning = models.TextField(default="", help_text="What was made of it: stop, start, help, a reply.")

    class Meta:
        db_table = qualified("automation", "messaging_answers")
        indexes = [
            models.Index(fields=["id"], name="messaging_answers_open", condition=models.Q(handled_at__isnull=True)),
            models.Index(fields=["address", "-id"], name="messaging_answers_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
