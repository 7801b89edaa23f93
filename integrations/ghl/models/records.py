"""The id map: which customer is which contact, which estimate is which opportunity; what was sent, and what is there.

There is no field at GoHighLevel to look a record up by our id, so these rows are the only sure link.
"""

from django.db import models

from config.isolation.names import qualified


class Pushed(models.Model):
    """Abstract. One record that should be at GoHighLevel, and everything known about its being there.

    `due_at`: when it is to be looked at (again); null: it rests. The look works out what should be there, and compares its
    fingerprint with `sent_hash`; so looking at a record that did not change costs no call.
    `intent_at`: a create has left and its outcome is not stored. Before another create the vendor is asked for the first.
    """

    class State(models.TextChoices):
        NEW = "new", "not looked at yet"
        PENDING = "pending", "to be sent"
        SENT = "sent"
        SKIPPED = "skipped", "not to be sent"
        CONFLICT = "conflict", "a person must look"
        FAILED = "failed"

    ghl_id = models.TextField(null=True, unique=True, help_text="GoHighLevel's id.")
    state = models.TextField(choices=State.choices, default=State.NEW)
    reason = models.TextField(default="", help_text="Why it is in this state, in a sentence.")
    attempts = models.IntegerField(default=0, help_text="Failures in a row.")
    due_at = models.DateTimeField(null=True)
    intent_at = models.DateTimeField(null=True)
    sent = models.JSONField(null=True, help_text="The values that were sent last.")
    sent_hash = models.TextField(default="", help_text="Fingerprint of everything that was to be there when it was sent.")
    sent_at = models.DateTimeField(null=True)
    adopted = models.BooleanField(default=False, help_text="It was there before we came, and was taken over.")
    remote = models.JSONField(null=True, help_text="What GoHighLevel has, as last seen.")
    seen_at = models.DateTimeField(null=True, help_text="When that was.")
    gone_at = models.DateTimeField(null=True, help_text="When it was found deleted there.")
    draft = models.ForeignKey(
        "integrations.Draft", models.SET_NULL, null=True, related_name="%(class)s_rows", help_text="Held by the brake."
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class Contact(Pushed):
    """A customer of ServiceTitan as a contact.

    `email` and `phone` are claimed here before they are sent: two customers who share one would be one contact there, each
    overwriting the other. The database lets only one have it.
    """

    st_customer_id = models.BigIntegerField(primary_key=True)
    name = models.TextField(default="")
    email = models.TextField(null=True, unique=True, help_text="Lower case.")
    phone = models.TextField(null=True, unique=True, help_text="E.164.")
    tags = models.JSONField(default=list, help_text="The tags we put on it.")
    dnd = models.BooleanField(null=True, help_text="All channels off.")
    dnd_settings = models.JSONField(null=True, help_text="Per channel, lower case: active means do not contact.")

    class Meta:
        db_table = qualified("integrations", "ghl_contacts")
        verbose_name = "GoHighLevel contact"
        indexes = [
            models.Index(fields=["due_at"], name="ghl_contacts_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["state", "st_customer_id"], name="ghl_contacts_state"),
        ]


class Opportunity(Pushed):
    """An estimate as an opportunity; or, where the sub-account allows one card a contact, a customer's best estimate.

    `slot`: the estimate's id where each has a card of its own, else 0: so the database allows one card a slot.
    """

    id = models.BigAutoField(primary_key=True)
    st_customer_id = models.BigIntegerField(help_text="Customer in ServiceTitan.")
    slot = models.BigIntegerField()
    st_estimate_id = models.BigIntegerField(null=True, db_index=True, help_text="The estimate the card shows.")
    name = models.TextField(default="")
    happened = models.TextField(default="", help_text="What happened in ServiceTitan, which decides the stage.")
    pipeline_id = models.TextField(default="", help_text="Where we last put it.")
    stage_id = models.TextField(default="")
    status = models.TextField(default="", help_text="open, won, lost or abandoned, as we last set it.")
    value = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    moved_by_human = models.BooleanField(default=False, help_text="Somebody moved the card there: its stage is theirs.")

    class Meta:
        db_table = qualified("integrations", "ghl_opportunities")
        verbose_name = "GoHighLevel opportunity"
        verbose_name_plural = "GoHighLevel opportunities"
        constraints = [models.UniqueConstraint(fields=["st_customer_id", "slot"], name="ghl_opportunities_slot")]
        indexes = [
            models.Index(fields=["due_at"], name="ghl_opportunities_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["state", "id"], name="ghl_opportunities_state"),
        ]
