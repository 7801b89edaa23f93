"""What the sub-account is like: its settings, pipelines and custom fields, as last read."""

from django.db import models

from config.isolation.names import qualified


class Account(models.Model):
    location_id = models.TextField(primary_key=True)
    name = models.TextField(default="")
    allow_duplicate_contact = models.BooleanField(default=False)
    allow_duplicate_opportunity = models.BooleanField(default=False)
    settings = models.JSONField(default=dict, help_text="As GoHighLevel has them.")
    pipelines = models.JSONField(default=list, help_text="[{id, name, stages: [{id, name}]}], in their order.")
    lost_reasons = models.JSONField(default=list, help_text="[{id, name}]")
    fields = models.JSONField(default=dict, help_text="Our custom fields: key to id, such as contact.st_customer_id.")
    connection = models.JSONField(default=dict, help_text="How the hub logs in (never the token), and the limits it keeps.")
    inbox = models.JSONField(default=dict, help_text="Of its events, as last looked at: which came last, how many waited.")
    seen_at = models.DateTimeField()

    class Meta:
        db_table = qualified("integrations", "ghl_accounts")
        verbose_name = "GoHighLevel sub-account"

    def __str__(self) -> str:
        return self.name or self.location_id
