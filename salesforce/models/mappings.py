"""Which value of a customer goes into which field: people's, and changed in the admin."""

from django.db import models

from config.isolation.names import qualified


class FieldMapping(models.Model):
    class Sobject(models.TextChoices):
        CONTACT = "Contact"
        ACCOUNT = "Account"

    class Empty(models.TextChoices):
        KEEP = "keep", "leave what Salesforce has"
        CLEAR = "clear", "empty the field"

    sobject = models.TextField(choices=Sobject.choices, default=Sobject.CONTACT)
    source = models.TextField(help_text="Of the customer: a name from salesforce.mapping.sources.")
    target = models.TextField(help_text="Salesforce's name of the field, such as MobilePhone or Segment__c.")
    when_empty = models.TextField(choices=Empty.choices, default=Empty.KEEP)
    enabled = models.BooleanField(default=True)
    suggested = models.BooleanField(default=False, help_text="By the hub, and not changed by anybody yet.")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = qualified("salesforce", "field_mappings")
        verbose_name = "field mapping"
        constraints = [models.UniqueConstraint(fields=["sobject", "target"], name="sf_field_mappings_target")]

    def __str__(self) -> str:
        return f"{self.source} to {self.sobject}.{self.target}"
