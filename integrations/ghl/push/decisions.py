"""What people decide about records, carried out by the unit: the admin asks, it does not write here."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from integrations.ghl.models import Contact, Draft
from integrations.ghl.push.consume import ALIAS
from integrations.ghl.push.keep import State, model_of


def decide(draft_id: int, who: str, *, approve: bool) -> list[int]:
    """The customers whose contacts may be sent now. Nothing where somebody has decided before."""
    decided = Draft.State.APPROVED if approve else Draft.State.REJECTED
    with transaction.atomic(using=ALIAS):
        open_one = Draft.objects.filter(pk=draft_id, state=Draft.State.OPEN)
        if not open_one.update(state=decided, decided_at=timezone.now(), decided_by=who):
            return []
        held = Contact.objects.filter(draft_id=draft_id)
        ids = list(held.values_list("pk", flat=True))
        if approve:
            held.update(draft=None, due_at=Now(), reason="")
        else:
            held.update(draft=None, state=State.SENT, reason=f"Draft {draft_id} was rejected: sent when it changes again.")
    return ids if approve else []


def look_again(kind: str, state: str = "", ids: Sequence[int] | None = None) -> int:
    """Records of a kind ("contact", "opportunity") become due, and are sent even where nothing changed.

    All of them in a state, or those with `ids`. What was deleted there and what a draft holds waits for its own decision.
    """
    rows = model_of(kind)._default_manager.filter(draft__isnull=True, gone_at__isnull=True)
    rows = rows.filter(state=state) if ids is None else rows.filter(pk__in=ids)
    return rows.update(due_at=Now(), sent_hash="", attempts=0)


def make_again(kind: str, id: int) -> bool:
    """A record that was deleted at GoHighLevel shall be made there again. False where it was not."""
    forgotten = {"ghl_id": None, "gone_at": None, "sent": None, "sent_hash": "", "intent_at": None, "due_at": Now()}
    if model_of(kind) is Contact:
        more: dict[str, object] = {"tags": []}
    else:
        more = {"pipeline_id": "", "stage_id": "", "status": "", "happened": ""}
    rows = model_of(kind)._default_manager.filter(pk=id, gone_at__isnull=False)
    return bool(rows.update(state=State.NEW, reason="", **forgotten, **more))
