"""What people decided about the fences, and what was measured of them. Both belong to the back office."""

from typing import Any

from django.db import models


class SwitchChange(models.Model):
    """One turn of one switch. The newest row of a switch is how it stands; rows are never changed."""

    class Mode(models.TextChoices):
        RUN = "run"
        HOLD = "hold"
        DRAIN = "drain"
        DRY_RUN = "dry-run"

    switch = models.TextField()
    mode = models.TextField(choices=Mode.choices)
    who = models.TextField()
    why = models.TextField()
    at = models.DateTimeField()
    until = models.DateTimeField(null=True, help_text="From then on the switch is at run again.")

    class Meta:
        db_table = "isolation_switch_changes"
        verbose_name = "turn of a switch"
        verbose_name_plural = "turns of switches"
        indexes = [models.Index(fields=["switch", "-id"], name="isolation_switch_newest")]

    def __str__(self) -> str:
        return f"{self.switch}: {self.mode}"


class Proof(models.Model):
    """One measurement of all fences, asked for by a person or made at the command line.

    `matrix` and `surprises` are what `config.isolation.proof.matrix` makes of the results.
    """

    asked_at = models.DateTimeField()
    asked_by = models.TextField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    acts = models.IntegerField(default=0)
    seconds = models.FloatField(default=0)
    matrix: Any = models.JSONField(default=dict)
    surprises: Any = models.JSONField(default=list)
    drift: Any = models.JSONField(default=list, help_text="Where the servers' grants and users differ from the manifest.")
    error = models.TextField(default="")

    class Meta:
        db_table = "isolation_proofs"
        verbose_name = "proof of isolation"
        verbose_name_plural = "proofs of isolation"

    def __str__(self) -> str:
        return f"proof {self.pk}"
