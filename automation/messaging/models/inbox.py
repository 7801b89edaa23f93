"""What the provider tells: states of messages, and messages from people.

The web process may only put it into the inbox, and can neither look at it there nor change it. The unit's worker takes it out,
and what it was and meant stands among the answers.
"""

from django.db import models
from django.db.models.functions import Now

from config.isolation.names import qualified


class Told(models.Model):
    """Abstract. Verified. `key` makes a repeated delivery none."""

    class Kind(models.TextChoices):
        STATUS = "status", "state of a message"
        INBOUND = "inbound", "message from somebody"
        UNSUBSCRIBE = "unsubscribe", "unsubscribe link"

    key = models.TextField(unique=True)
    kind = models.TextField(choices=Kind.choices)
    provider_id = models.TextField(default="", help_text="The message that it is about, as the provider calls it.")
    message_key = models.TextField(default="", help_text="The same, as we call it, where the callback's address says so.")
    address = models.TextField(default="", help_text="Whose answer it is.")
    state = models.TextField(default="", help_text="As the provider writes it, such as delivered.")
    error_code = models.TextField(default="")
    text = models.TextField(default="", help_text="What somebody wrote.")
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Inbox(Told):
    class Meta:
        db_table = qualified("automation", "messaging_inbox")


class Answer(Told):
    meaning = models.TextField(default="", help_text="What was made of it: stop, start, help, a reply.")
    handled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = qualified("automation", "messaging_answers")
        indexes = [
            models.Index(fields=["address", "-id"], name="messaging_answers_address"),
            models.Index(fields=["provider_id"], name="messaging_answers_provider"),
            models.Index(fields=["received_at"], name="messaging_answers_inbound", condition=models.Q(kind="inbound")),
        ]
