"""What people want to happen. A change makes a new version; who is inside finishes on the version he entered with."""

from django.db import models

from config.isolation.names import qualified


class Workflow(models.Model):
    name = models.SlugField(max_length=100, unique=True, help_text="As files and logs call it, such as unsold-estimate.")
    title = models.TextField()
    enabled = models.BooleanField(default=False, help_text="Off: nobody enters; who is inside waits.")
    made_at = models.DateTimeField()
    made_by = models.TextField(default="")

    class Meta:
        db_table = qualified("automation", "workflow_definitions")
        verbose_name = "workflow"

    def __str__(self) -> str:
        return self.title or self.name


class Version(models.Model):
    """Never changed. The newest one is the one that people enter."""

    workflow = models.ForeignKey(Workflow, models.PROTECT, related_name="versions")
    number = models.IntegerField()
    trigger = models.TextField(help_text="The kind of event, for finding what it concerns; from the content.")
    content = models.JSONField(help_text="As in a file: trigger, entry, steps, goal and so on (definitions.py).")
    made_at = models.DateTimeField()
    made_by = models.TextField(default="")

    class Meta:
        db_table = qualified("automation", "workflow_versions")
        verbose_name = "workflow version"
        constraints = [models.UniqueConstraint(fields=["workflow", "number"], name="workflow_versions_number")]

    def __str__(self) -> str:
        return f"{self.workflow.name}, version {self.number}"
