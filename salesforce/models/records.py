"""Which customer is which contact (and account) in Salesforce, what was sent last, and what waits.

The link itself is at Salesforce: the key field holds the customer's number. These rows spare calls; they could be made anew.
"""

from django.db import models

from config.isolation.names import qualified


class Pushed(models.Model):
    """Abstract. A customer as one kind of record.

    `due_at`: when it is to be looked at (again); null: it rests. The look works out what should be there and compares its
    fingerprint with `sent_hash`, so looking at a record that did not change costs no call.
    `job`: its values are on their way in a bulk job; until that is settled it is not looked at.
    """

    class State(models.TextChoices):
        NEW = "new", "not looked at yet"
        PENDING = "pending", "to be sent"
        SENT = "sent"
        SKIPPED = "skipped", "not to be sent"
        CONFLICT = "conflict", "a person must look"
        FAILED = "failed"

    st_customer_id = models.BigIntegerField(primary_key=True)
    sf_id = models.TextField(null=True, db_index=True, help_text="Salesforce's id, 18 characters.")
    name = models.TextField(default="")
    state = models.TextField(choices=State.choices, default=State.NEW)
    reason = models.TextField(default="", help_text="Why it is in this state, in a sentence.")
    code = models.TextField(default="", help_text="Salesforce's own word for it, such as DUPLICATES_DETECTED.")
    attempts = models.IntegerField(default=0, help_text="Failures in a row.")
    due_at = models.DateTimeField(null=True)
    sent = models.JSONField(null=True, help_text="The values that were sent last.")
    sent_hash = models.TextField(default="", help_text="Fingerprint of everything that was to be there when it was sent.")
    sent_at = models.DateTimeField(null=True)
    notes = models.JSONField(default=list, help_text="What was cut or left out to make it fit, in sentences.")
    job = models.ForeignKey("salesforce.BulkJob", models.SET_NULL, null=True, related_name="%(class)s_rows")
    planned = models.JSONField(null=True, help_text="What the job sends of it: values, fingerprint, notes.")
    planned_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} of customer {self.pk}"


class Contact(Pushed):
    class Meta:
        db_table = qualified("salesforce", "contacts")
        verbose_name = "Salesforce contact"
        indexes = [
            models.Index(fields=["due_at"], name="sf_contacts_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["state", "st_customer_id"], name="sf_contacts_state"),
        ]


class Account(Pushed):
    class Meta:
        db_table = qualified("salesforce", "accounts")
        verbose_name = "Salesforce account"
        indexes = [
            models.Index(fields=["due_at"], name="sf_accounts_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["state", "st_customer_id"], name="sf_accounts_state"),
        ]
