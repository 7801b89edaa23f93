"""Keys: those that open Salesforce to us, and those that open our own API to others."""

from django.db import models

from config.isolation.names import qualified


class TokenCopy(models.Model):
    """The tokens in Redis once more, sealed: they come back from here when Redis has lost them."""

    account = models.TextField(primary_key=True)
    sealed = models.TextField()
    generation = models.BigIntegerField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = qualified("salesforce", "token_copies")

    def __str__(self) -> str:
        return self.account


class ApiKey(models.Model):
    """Made in the admin, shown once; only its hash is kept."""

    class Scope(models.TextChoices):
        READ = "read", "look"
        SYNC = "sync", "look, and have customers sent"
        CONNECT = "connect", "also connect and disconnect"

    name = models.TextField(help_text="Who uses it.")
    prefix = models.TextField(unique=True, help_text="Its beginning: tells keys apart, and opens nothing.")
    hash = models.TextField()
    scope = models.TextField(choices=Scope.choices, default=Scope.READ)
    made_at = models.DateTimeField()
    made_by = models.TextField(default="")
    until = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = qualified("salesforce", "api_keys")
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
