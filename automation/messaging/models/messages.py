"""Messages, each from the wish of a workflow to its end: delivered, or not sent and why."""

from django.db import models

from automation.messaging.models.consent import Purpose
from automation.messaging.models.templates import Template, TemplateVersion
from automation.workflows.models import Effect, Run
from config.isolation.names import qualified


class Message(models.Model):
    """`key` is the effect's: one wish, one message.

    `due_at`: when it is looked at (again). `claim`: the number of the claim that it leaves under, given once over all messages;
    whoever holds another one has nothing to say about it. While it is SENDING the call may have happened: after
    `lease_until` the provider is asked, and only what is surely not there is sent again.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        SENT = "sent", "handed to the provider"
        DELIVERED = "delivered"
        UNDELIVERED = "undelivered", "not delivered by the carrier"
        NOT_SENT = "not sent", "not sent, for a reason"
        EXPIRED = "expired", "not sent: too late"
        FAILED = "failed", "refused by the provider"
        UNKNOWN = "unknown", "nobody knows whether it was sent"

    key = models.TextField(unique=True)
    effect = models.OneToOneField(Effect, models.PROTECT, null=True, related_name="message")
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="messages")
    kind = models.TextField(choices=Template.Kind.choices)
    purpose = models.TextField(choices=Purpose.choices, default=Purpose.MARKETING)
    template = models.TextField()
    version = models.ForeignKey(TemplateVersion, models.PROTECT, null=True, related_name="+")
    customer_id = models.BigIntegerField(null=True)
    entity = models.TextField()
    entity_id = models.BigIntegerField()
    priority = models.IntegerField(default=0)
    freshest_minutes = models.IntegerField(null=True)
    wanted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    state = models.TextField(choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(null=True)
    held_by = models.TextField(default="", help_text="The rule that holds it until then.")
    reason = models.TextField(default="", help_text="Why it is in this state, in a sentence.")
    attempts = models.IntegerField(default=0)
    claim = models.BigIntegerField(null=True, unique=True)
    claimed_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    epoch = models.IntegerField(null=True)

    address = models.TextField(default="", help_text="Where it goes: E.164 or e-mail.")
    redirected_to = models.TextField(default="", help_text="Where it really went, by MESSAGING_REDIRECT_ALL_TO.")
    subject = models.TextField(default="")
    body = models.TextField(default="")
    segments = models.IntegerField(null=True)
    cost = models.DecimalField(max_digits=10, decimal_places=4, null=True, help_text="In MESSAGING_CURRENCY.")
    provider = models.TextField(default="")
    provider_id = models.TextField(default="")
    error_code = models.TextField(default="")
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True, help_text="When it was delivered, or surely not.")

    class Meta:
        db_table = qualified("automation", "messaging_messages")
        verbose_name = "message"
        indexes = [
            models.Index(fields=["due_at", "-priority", "id"], name="messaging_due", condition=models.Q(state="waiting")),
            models.Index(fields=["lease_until"], name="messaging_sending", condition=models.Q(state="sending")),
            models.Index(fields=["customer_id", "-claimed_at"], name="messaging_customer"),
            models.Index(fields=["address", "-claimed_at"], name="messaging_address"),
            models.Index(fields=["provider_id"], name="messaging_provider_id", condition=~models.Q(provider_id="")),
            models.Index(fields=["entity", "entity_id"], name="messaging_of"),
            models.Index(fields=["state", "-id"], name="messaging_state"),
        ]
        # Whatever may have left has a claim, and the database gives none without consent (migration 0003).
        constraints = [
            models.CheckConstraint(
                name="messaging_messages_claimed",
                condition=models.Q(claim__isnull=False) | models.Q(state__in=("waiting", "not sent", "expired")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.template} ({self.key})"
