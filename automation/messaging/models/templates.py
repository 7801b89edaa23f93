"""What is said. A change makes a new version, so that of every message it stays known what it was made of."""

from django.db import models

from automation.messaging.models.consent import Channel, Purpose
from config.isolation.names import qualified


class Template(models.Model):
    class Kind(models.TextChoices):
        SMS = Channel.SMS.value, Channel.SMS.label
        EMAIL = Channel.EMAIL.value, Channel.EMAIL.label
        STAFF = "staff", "note to staff"

    name = models.SlugField(max_length=100, unique=True, help_text="As workflows call it, such as unsold-estimate-1.")
    title = models.TextField(default="")
    kind = models.TextField(choices=Kind.choices)
    purpose = models.TextField(choices=Purpose.choices, default=Purpose.MARKETING)
    entity = models.TextField(help_text="What it is about: decides what it may name.")
    made_at = models.DateTimeField()
    made_by = models.TextField(default="")

    class Meta:
        db_table = qualified("automation", "messaging_templates")
        verbose_name = "template"

    def __str__(self) -> str:
        return self.title or self.name


class TemplateVersion(models.Model):
    """Never changed. The newest one is the one that is sent."""

    template = models.ForeignKey(Template, models.PROTECT, related_name="versions")
    number = models.IntegerField()
    subject = models.TextField(default="", help_text="Of an e-mail: Liquid.")
    body = models.TextField(help_text="Liquid.")
    made_at = models.DateTimeField()
    made_by = models.TextField(default="")

    class Meta:
        db_table = qualified("automation", "messaging_template_versions")
        verbose_name = "template version"
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="messaging_template_number")]

    def __str__(self) -> str:
        return f"{self.template.name}, version {self.number}"
