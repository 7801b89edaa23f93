"""The ledger of consent: words are added, and what they come to together decides.

The rule itself is the database's (migration 0003); `standing` says the same in words, for people.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections
from django.utils import timezone

from automation.messaging.models import Consent
from automation.workflows.events import ALIAS
from servicetitan.models.reach import e164, e_mail

SMS, EMAIL = "sms", "email"
CHANNELS = (SMS, EMAIL)
SERVICE, MARKETING = "service", "marketing"
PURPOSES = (SERVICE, MARKETING)
Witness = Consent.Witness


class BadAddress(ValueError):
    """It is none of its channel's. The message says what one looks like."""


@dataclass(frozen=True)
class Standing:
    """`why`: in a sentence. `words`: the newest one of each witness."""

    allowed: bool
    why: str
    words: Sequence[Consent] = ()


def normal(channel: str, address: str) -> str:
    """The address as the ledger writes it. Raises BadAddress."""
    found = e164(address) if channel == SMS else e_mail(address)
    if found is None:
        like = "a phone number such as +1 602 555 0123" if channel == SMS else "an e-mail address"
        raise BadAddress(f"{address!r} is no {like.removeprefix('a ').removeprefix('an ')}: write {like}.")
    return found


def add(words: Iterable[Consent], using: str = ALIAS) -> None:
    """Into the ledger, as they are. What a witness said before stays there; the newest word of each counts."""
    Consent.objects.using(using).bulk_create(list(words), batch_size=2000)


def said(
    channel: str, address: str, now: datetime, *, allowed: bool, source: str, why: str, purposes: Sequence[str] = PURPOSES,
    who: str = "", customer_id: int | None = None, using: str = ALIAS,
) -> None:  # fmt: skip
    """What the person said, or staff for them. `address` in the form of `normal`."""
    add(
        [
            Consent(
                channel=channel, address=address, purpose=purpose, witness=Witness.PERSON, allowed=allowed, source=source,
                why=why, who=who, customer_id=customer_id, at=now,
            )
            for purpose in purposes
        ],
        using,
    )  # fmt: skip


_NEWEST = """
SELECT DISTINCT ON (c.channel, c.address, c.purpose, c.witness) c.*
FROM automation.messaging_consent c JOIN unnest(%s::text[], %s::text[]) AS asked(channel, address)
     ON c.channel = asked.channel AND c.address = asked.address
ORDER BY c.channel, c.address, c.purpose, c.witness, c.id DESC
"""


def newest(addresses: Sequence[tuple[str, str]], using: str = ALIAS) -> dict[tuple[str, str, str], list[Consent]]:
    """By channel, address and purpose: the newest word of each witness."""
    channels, names = [channel for channel, _ in addresses], [address for _, address in addresses]
    found: dict[tuple[str, str, str], list[Consent]] = {}
    for word in Consent.objects.using(using).raw(_NEWEST, [channels, names]):
        found.setdefault((word.channel, word.address, word.purpose), []).append(word)
    return found


def standing(channel: str, address: str, purpose: str, using: str = ALIAS) -> Standing:
    return judged(newest([(channel, address)], using).get((channel, address, purpose), []), purpose)


def judged(words: Sequence[Consent], purpose: str) -> Standing:
    against = next((word for word in words if word.allowed is False), None)
    if against is not None:
        return Standing(False, f"{against.get_witness_display()} says no ({against.source}): {against.why}", words)
    consenting = next((word for word in words if word.allowed), None)
    if consenting is None:
        return Standing(False, f"Nobody has said yes to messages of this purpose ({purpose}).", words)
    return Standing(True, f"{consenting.get_witness_display()} says yes ({consenting.source}): {consenting.why}", words)


def evidence(customer_id: int | None, address: str = "", using: str = ALIAS) -> list[dict[str, Any]]:
    """Everything the ledger has about a person, oldest first: their addresses' words whoever said them, as plain values."""
    rows = Consent.objects.using(using).filter(address__in=[address] if address else _addresses_of(customer_id, using))
    return [
        {
            "number": row.pk, "at": timezone.localtime(row.at).isoformat(), "channel": row.channel, "address": row.address,
            "purpose": row.purpose, "said": row.word, "witness": row.get_witness_display(),
            "source": row.source, "why": row.why, "noted_by": row.who, "customer": row.customer_id,
        }
        for row in rows.order_by("id")
    ]  # fmt: skip


def _addresses_of(customer_id: int | None, using: str) -> list[str]:
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT address FROM automation.messaging_addresses WHERE customer_id = %(id)s "
            "UNION SELECT address FROM automation.messaging_consent WHERE customer_id = %(id)s",
            {"id": customer_id},
        )
        return [address for (address,) in cursor.fetchall()]
