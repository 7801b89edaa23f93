"""Who may be written to. `Consent` only ever grows; the database refuses changes of it, and sends without it (migration 0002)."""

from django.db import models

from config.isolation.names import qualified


class Channel(models.TextChoices):
    SMS = "sms", "text message"
    EMAIL = "email", "e-mail"


class Purpose(models.TextChoices):
    SERVICE = "service", "about work that was ordered"
    MARKETING = "marketing"


class Consent(models.Model):
    """One word for or against, as it was given. Of each witness the newest counts; one against is enough to stop a send.

    An address may be written to where at least one witness is for it and none against: so a START does not undo what the
    office noted in ServiceTitan, and a flag there does not undo a STOP. GoHighLevel's word can only be against it.
    """

    class Witness(models.TextChoices):
        SERVICETITAN = "servicetitan", "ServiceTitan"
        GHL = "ghl", "GoHighLevel"
        PERSON = "person", "the person, or staff on their word"

    channel = models.TextField(choices=Channel.choices)
    address = models.TextField(help_text="E.164, or the e-mail address in lower case.")
    purpose = models.TextField(choices=Purpose.choices)
    witness = models.TextField(choices=Witness.choices)
    allowed = models.BooleanField(null=True, help_text="Empty: the witness takes its word back.")
    source = models.TextField(help_text="Where it comes from, such as doNotText, STOP, unsubscribe link, staff.")
    why = models.TextField(default="", help_text="In a sentence: what was said, in whose words.")
    customer_id = models.BigIntegerField(null=True)
    who = models.TextField(default="", help_text="The member of staff who noted it.")
    at = models.DateTimeField()

    class Meta:
        db_table = qualified("automation", "messaging_consent")
        verbose_name = "word about consent"
        verbose_name_plural = "consent"
        indexes = [
            models.Index(fields=["channel", "address", "purpose", "witness", "-id"], name="messaging_consent_newest"),
            models.Index(fields=["customer_id"], name="messaging_consent_customer"),
            models.Index(
                fields=["channel", "address", "purpose", "-id"], name="messaging_consent_of_ghl",
                condition=models.Q(witness="ghl"),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="messaging_consent_ghl",
                condition=~models.Q(witness="ghl") | models.Q(allowed=False) | models.Q(allowed__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.word} to {self.purpose} by {self.channel}"

    @property
    def word(self) -> str:
        return {True: "yes", False: "no", None: "word taken back"}[self.allowed]


class Address(models.Model):
    """A contact of ServiceTitan as messages need it: the address in one form, and what the office noted about it.

    Derived: it can be made anew from the mirror at any time. `contact_id` is the contact's id there.
    """

    contact_id = models.BigIntegerField(primary_key=True)
    customer_id = models.BigIntegerField(null=True)
    channel = models.TextField(choices=Channel.choices)
    address = models.TextField()
    mobile = models.BooleanField(default=False)
    service = models.BooleanField(help_text="May be written to about ordered work.")
    marketing = models.BooleanField(null=True, help_text="Empty: the office says neither yes nor no.")
    why = models.TextField(default="", help_text="Which note of the office says no.")

    class Meta:
        db_table = qualified("automation", "messaging_addresses")
        verbose_name_plural = "addresses"
        indexes = [
            models.Index(fields=["customer_id", "channel"], name="messaging_addresses_customer"),
            models.Index(fields=["channel", "address"], name="messaging_addresses_address"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} of contact {self.pk}"
