"""What the org is like: who we are there, its objects as last described, and how many of its calls are used."""

from django.db import models

from config.isolation.names import qualified


class Org(models.Model):
    org_id = models.TextField(primary_key=True)
    instance_url = models.TextField(default="")
    username = models.TextField(default="")
    api_version = models.IntegerField(default=0)
    versions = models.JSONField(default=list, help_text="That the org offers.")
    objects_described = models.JSONField(default=dict, help_text="{object: {field: what matters of it}}")
    findings = models.JSONField(default=list, help_text="Of the last set-up check.")
    checked_at = models.DateTimeField(null=True)
    calls_used = models.BigIntegerField(null=True, help_text="Of the org's calls in 24 hours, by all its integrations.")
    calls_most = models.BigIntegerField(null=True)
    calls_seen_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = qualified("salesforce", "orgs")
        verbose_name = "Salesforce org"

    def __str__(self) -> str:
        return self.org_id
