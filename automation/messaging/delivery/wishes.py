"""Effects become messages: once, by any number of workers."""

from datetime import datetime

from django.db import transaction

from automation.messaging.models import Message
from automation.workflows.events import ALIAS
from automation.workflows.models import Effect

AT_A_TIME = 500


def take(now: datetime) -> int:
    """Returns how many there were. The mark and the message commit together, and one effect is one message by its key."""
    with transaction.atomic(using=ALIAS):
        rows = Effect.objects.filter(taken_at__isnull=True).order_by("id").select_for_update(skip_locked=True)
        effects = list(rows[:AT_A_TIME])
        Message.objects.bulk_create([_message(effect) for effect in effects], ignore_conflicts=True)
        Effect.objects.filter(pk__in=[effect.pk for effect in effects]).update(taken_at=now)
    return len(effects)


def _message(effect: Effect) -> Message:
    return Message(
        key=effect.key, effect=effect, run_id=effect.run_id, kind=effect.kind, template=effect.template,
        customer_id=effect.customer_id, entity=effect.entity, entity_id=effect.entity_id, priority=effect.priority,
        freshest_minutes=effect.freshest_minutes, wanted_at=effect.wanted_at, expires_at=effect.expires_at,
        due_at=effect.wanted_at,
    )  # fmt: skip
