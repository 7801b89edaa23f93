"""How a model's choices are written inside a line."""

from django.db.models import TextChoices


def lower(choice: TextChoices) -> str:
    return str(choice.label).lower()


def choices(kind: type[TextChoices]) -> tuple[tuple[str, str], ...]:
    """For a filter."""
    return tuple((str(choice.value), lower(choice)) for choice in kind)
