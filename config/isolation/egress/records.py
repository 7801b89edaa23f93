"""The table of the calls that left, and of those that were refused. A unit with an API makes one of it.

Registered in its AppConfig (`calls.register`), written by `calls`, pruned by the unit (HUB_CALLS_DAYS).
"""

from django.db import models


class ApiCall(models.Model):
    """Abstract. Written once and never changed; newest have the highest numbers, so no other index is needed."""

    at = models.DateTimeField(help_text="When it began.")
    api = models.TextField(help_text="The setting that holds the API's address; empty where the call fits none.")
    method = models.TextField()
    path = models.TextField(help_text="Without ids, and without the query.")
    status = models.SmallIntegerField(null=True, help_text="Empty where there was no answer.")
    error = models.TextField(default="", help_text="connect, timeout, broken, refused; empty with an answer.")
    milliseconds = models.IntegerField()
    bytes = models.BigIntegerField(help_text="Of the answer's body, as sent.")
    attempt = models.SmallIntegerField(help_text="Which try of the same call.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
