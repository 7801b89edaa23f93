"""Epochs of sending. A database that was restored from a backup does not know what it sent since: a new epoch begins there."""

from django.db import models

from config.isolation.names import qualified


class Epoch(models.Model):
    number = models.IntegerField(primary_key=True)
    began_at = models.DateTimeField()
    who = models.TextField(default="")
    why = models.TextField(default="")

    class Meta:
        db_table = qualified("automation", "messaging_epochs")

    def __str__(self) -> str:
        return f"epoch {self.number}"
