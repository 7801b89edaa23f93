"""Simulations that people asked for in the admin, and what came of them."""

from django.db import models

from automation.workflows.models.definitions import Version
from config.isolation.names import qualified


class Simulation(models.Model):
    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    version = models.ForeignKey(Version, models.PROTECT, related_name="simulations")
    since = models.DateTimeField()
    until = models.DateTimeField()
    asked_at = models.DateTimeField()
    asked_by = models.TextField(default="")
    state = models.TextField(choices=State.choices, default=State.RUNNING)
    ended_at = models.DateTimeField(null=True)
    error = models.TextField(default="")
    report = models.JSONField(null=True)

    class Meta:
        db_table = qualified("automation", "workflow_simulations")
        verbose_name = "simulation"

    def __str__(self) -> str:
        return f"simulation {self.pk}"
