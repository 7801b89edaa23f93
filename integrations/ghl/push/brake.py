"""Before many contacts change at once, a person looks: a changed mapping or a bad import would overwrite them all."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from integrations.ghl.models import Contact, Draft
from integrations.ghl.push.consume import ALIAS
from integrations.ghl.push.keep import State
from integrations.ghl.push.plan import ContactItem, Planner

LEAST = 50  # fewer contacts are never too many
SAMPLE = 50


class Braked(Exception):
    """The changes wait as a draft. The message says how many, and where to decide."""


def check(planner: Planner) -> None:
    """Raises Braked where the due changes are too many. New contacts change nothing, and are not counted."""
    contacts = Contact.objects.filter(ghl_id__isnull=False)
    most = max(LEAST, contacts.count() * settings.GHL_BRAKE_PERCENT // 100)
    due = contacts.exclude(sent_hash="").filter(due_at__lte=Now(), draft__isnull=True)
    if due.count() <= most:
        return
    changed = _Changes()
    for item in planner.contacts():
        if item.changes:
            changed.add(item)
    if len(changed.ids) > most:
        draft = _hold(changed, contacts.count())
        raise Braked(
            f"{draft.changes:,} of {draft.sent_contacts:,} contacts would change, more than {settings.GHL_BRAKE_PERCENT} % "
            f"(GHL_BRAKE_PERCENT). They wait as draft {draft.pk}: look at it in the admin and approve or reject it."
        )


class _Changes:
    def __init__(self) -> None:
        self.ids: list[int] = []
        self.fields: Counter[str] = Counter()
        self.sample: list[dict[str, Any]] = []

    def add(self, item: ContactItem) -> None:
        differing = differences(item)
        self.ids.append(item.row.pk)
        self.fields.update(differing.keys())
        if len(self.sample) < SAMPLE:
            self.sample.append({"customer": item.row.pk, "name": item.wanted.name, "changes": differing})


def differences(item: ContactItem) -> dict[str, list[Any]]:
    """{field: [as it was sent, as it would be]}"""
    before, after = item.row.sent or {}, item.wanted.values
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    found = {name: [before.get(name), after.get(name)] for name in names}
    if item.row.tags != item.wanted.tags:
        found["tags"] = [item.row.tags, item.wanted.tags]
    return found


def _hold(changed: _Changes, contacts: int) -> Draft:
    with transaction.atomic(using=ALIAS):
        draft = Draft.objects.create(
            made_at=timezone.now(), changes=len(changed.ids), sent_contacts=contacts,
            fields=dict(changed.fields.most_common()), sample=changed.sample,
        )  # fmt: skip
        reason = f"Held by the brake: draft {draft.pk} waits for a decision."
        for ids in _parts(changed.ids):
            Contact.objects.filter(pk__in=ids).update(draft=draft, due_at=None, state=State.PENDING, reason=reason)
    return draft


def _parts(ids: list[int], size: int = 5000) -> Iterable[list[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))

