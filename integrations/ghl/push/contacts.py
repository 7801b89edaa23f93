"""Sending one contact.

The first time by upsert, which looks the person up by e-mail and phone; from then on by id, since an upsert could meet
somebody else and silently drop what does not fit.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from config.isolation.egress.retries import Stats
from integrations.ghl.client import Client
from integrations.ghl.errors import BadAnswer, Duplicate, NotAuthorized, Refused, Unknown
from integrations.ghl.mapping.contacts import CUSTOMER_FIELD, WantedContact
from integrations.ghl.models import Account, Contact
from integrations.ghl.push.consume import ALIAS, wake_opportunities
from integrations.ghl.push.keep import LONGEST_PAUSE, Act, Done, Keeper, State, settled_at
from integrations.ghl.versions import read_custom_fields, read_dnd

IDENTITY = ("email", "phone")
WORDS = {"email": "e-mail address", "phone": "phone number"}
SEEN = (
    "firstName", "lastName", "name", "companyName", "email", "phone", "address1", "city", "state", "postalCode", "country",
    "tags", "dateUpdated",
)  # fmt: skip


@dataclass
class ContactPusher:
    """May raise the GhlErrors that concern all records, such as Unreachable; stores everything else as the record's own."""

    client: Client
    account: Account
    keeper: Keeper
    stats: Stats

    def push(self, row: Contact, wanted: WantedContact, planned_at: datetime) -> None:
        try:
            done = self._update(row, wanted, "") if row.ghl_id else self._first(row, wanted)
        except (Unknown, BadAnswer) as error:
            done = Done(State.PENDING, Act.CREATE, str(error), due_at=settled_at(row) if row.intent_at else None, failed=True)
        except NotAuthorized:
            raise
        except Refused as error:
            done = Done(State.FAILED, Act.UPDATE if row.ghl_id else Act.CREATE, str(error), failed=True)
        self._store(row, wanted, done, planned_at)

    def _store(self, row: Contact, wanted: WantedContact, done: Done, planned_at: datetime) -> None:
        with transaction.atomic(using=ALIAS):
            self.keeper.store(row, done, planned_at)
            if done.act in (Act.CREATE, Act.ADOPT) and row.ghl_id:
                wake_opportunities(row.pk)

    # The first time

    def _first(self, row: Contact, wanted: WantedContact) -> Done:
        if row.intent_at is not None:
            found, holder = self._look_up(row, wanted)
            if found is not None:
                return self._take(row, wanted, found)
            if holder is None and timezone.now() < settled_at(row):
                return Done(
                    State.PENDING, Act.NOTHING, "Waits until a call without an answer is settled.", due_at=settled_at(row)
                )
        values, clash = self._claim(row, wanted, intend=True)
        if not any(values.get(field) for field in IDENTITY):
            return Done(State.CONFLICT, Act.NOTHING, clash, due_at=timezone.now() + LONGEST_PAUSE, columns={"intent_at": None})
        body = self._body(values, wanted) | wanted.on_create
        try:
            contact, new = self.client.upsert_contact(body, self.stats)
        except Duplicate as duplicate:
            return self._take(row, wanted, duplicate.existing_id)
        if not self._shows(contact, wanted) and not any(_same(values, contact, field) for field in IDENTITY):
            raise Unknown("GoHighLevel answered with another contact than the one that was sent.")
        clash = clash or _dropped(values, contact)
        return self._arrived(row, wanted, contact, Act.CREATE if new else Act.ADOPT, clash, body)

    def _look_up(self, row: Contact, wanted: WantedContact) -> tuple[str | None, int | None]:
        """(a contact there that nobody else here has, the customer who has one that was found)."""
        holder = None
        for field in IDENTITY:
            if not (value := wanted.values.get(field)):
                continue
            if found := self.client.contact_like(field, value, self.stats):
                other = Contact.objects.filter(ghl_id=found["id"]).exclude(pk=row.pk).first()
                if other is None:
                    return str(found["id"]), None
                holder = other.pk
        return None, holder

    def _take(self, row: Contact, wanted: WantedContact, id: str) -> Done:
        """Adopt the contact with this id."""
        try:
            self.keeper.note(row, ghl_id=id, adopted=True)
        except IntegrityError:
            return self._of_another(row, id)
        done = self._update(row, wanted, "")
        done.act = Act.ADOPT if done.act == Act.UPDATE else done.act
        return done

    def _arrived(
        self, row: Contact, wanted: WantedContact, contact: dict[str, Any], act: str, clash: str, body: dict[str, Any]
    ) -> Done:
        try:
            self.keeper.note(row, ghl_id=str(contact["id"]), adopted=act == Act.ADOPT)
        except IntegrityError:
            return self._of_another(row, str(contact["id"]))
        self._tags(row, wanted, contact)
        return self._kept(wanted, contact, act, clash, body)

    def _of_another(self, row: Contact, id: str) -> Done:
        """GoHighLevel takes two customers for one person. What it now has of the wrong one is sent again."""
        row.ghl_id = None
        other = Contact.objects.filter(ghl_id=id).first()
        if other is not None:
            Contact.objects.filter(pk=other.pk).update(sent_hash="", due_at=timezone.now())
        who = f"customer {other.pk}" if other else "somebody else"
        reason = f"GoHighLevel takes this customer for the contact of {who}: they share an address or a number there."
        later = timezone.now() + LONGEST_PAUSE
        return Done(State.CONFLICT, Act.NOTHING, reason, due_at=later, columns={"intent_at": None, "ghl_id": None})

    # Afterwards

    def _update(self, row: Contact, wanted: WantedContact, clash: str) -> Done:
        assert row.ghl_id is not None
        values, clash = self._claim(row, wanted, intend=False)
        body = self._body(values, wanted)
        try:
            contact = self._put(row.ghl_id, body)
        except Duplicate as duplicate:
            field = duplicate.field if duplicate.field in body else ""
            for name in [field] if field else IDENTITY:
                body.pop(name, None)
            clash = _taken_there(field, duplicate.existing_id)
            contact = self._put(row.ghl_id, body)
        except Refused:
            if self.client.contact(row.ghl_id, self.stats) is not None:
                raise
            return _gone(row)
        if contact["id"] != row.ghl_id or not self._shows(contact, wanted):
            raise Unknown("GoHighLevel's answer does not show what was sent: it is sent again.")
        self._tags(row, wanted, contact)
        return self._kept(wanted, contact, Act.UPDATE, clash or _dropped(body, contact), body)

    def _put(self, id: str, body: dict[str, Any]) -> dict[str, Any]:
        return self.client.update_contact(id, body, self.stats)

    def _kept(self, wanted: WantedContact, contact: dict[str, Any], act: str, clash: str, body: dict[str, Any]) -> Done:
        columns = {
            "intent_at": None, "sent": wanted.values, "sent_hash": wanted.hash, "sent_at": timezone.now(), "gone_at": None,
            "draft": None, **seen(contact),
        }  # fmt: skip
        state = State.CONFLICT if clash else State.SENT
        return Done(state, act, clash, columns=columns, request=body, answer={"id": contact["id"]})

    def _tags(self, row: Contact, wanted: WantedContact, contact: dict[str, Any]) -> None:
        """Ours are put on and taken off; those of others are not touched. `contact` shows them as they are then."""
        assert row.ghl_id is not None
        there = {str(tag).lower() for tag in contact.get("tags") or []}
        if add := [tag for tag in wanted.tags if tag not in there]:
            self.client.add_tags(row.ghl_id, add, self.stats)
        if remove := [tag for tag in row.tags if tag not in wanted.tags and tag in there]:
            self.client.remove_tags(row.ghl_id, remove, self.stats)
        contact["tags"] = [tag for tag in contact.get("tags") or [] if str(tag).lower() not in remove] + add
        if row.tags != wanted.tags:
            self.keeper.note(row, tags=wanted.tags)

    # Identities

    def _claim(self, row: Contact, wanted: WantedContact, *, intend: bool) -> tuple[dict[str, Any], str]:
        """(the values without what another customer has, why). What is claimed nobody else will send."""
        values, clash = dict(wanted.values), ""
        while True:
            columns = {"name": wanted.name, **{field: values.get(field) for field in IDENTITY}}
            try:
                if intend:
                    self.keeper.intend(row, **columns)
                else:
                    self.keeper.note(row, **columns)
            except IntegrityError:
                field, other = _holder(row, values)
                if field:
                    del values[field]
                    clash = f"The {WORDS[field]} is also customer {other}'s: both would be one contact at GoHighLevel."
            else:
                return values, clash

    def _shows(self, contact: dict[str, Any], wanted: WantedContact) -> bool:
        """Whether it is this customer's: the one field that only we write says so."""
        return str(read_custom_fields(contact).get(self.account.fields[CUSTOMER_FIELD]) or "") == str(wanted.customer_id)

    def _body(self, values: dict[str, Any], wanted: WantedContact) -> dict[str, Any]:
        custom = {self.account.fields[key]: text for key, text in wanted.custom.items()}
        return values | {"customFields": self.client.version.custom_fields(custom)}


def _holder(row: Contact, values: dict[str, Any]) -> tuple[str, int]:
    """Which identity is another customer's, and whose; ("", 0) where it has been given up meanwhile."""
    for field in IDENTITY:
        if values.get(field):
            other = Contact.objects.filter(**{field: values[field]}).exclude(pk=row.pk).first()
            if other is not None:
                return field, other.pk
    return "", 0


def _same(values: dict[str, Any], contact: dict[str, Any], field: str) -> bool:
    return bool(values.get(field)) and str(contact.get(field) or "").lower() == values[field]


def _dropped(values: dict[str, Any], contact: dict[str, Any]) -> str:
    """What GoHighLevel did not take, without saying so."""
    lost = [field for field in IDENTITY if values.get(field) and not _same(values, contact, field)]
    words = " and the ".join(WORDS[field] for field in lost)
    return f"GoHighLevel did not take the {words}: another contact there has it, or it does not count there." if lost else ""


def _taken_there(field: str, id: str) -> str:
    what = WORDS.get(field, "e-mail address or phone number")
    return f"The {what} is another contact's at GoHighLevel ({id}): everything else was sent."


def _gone(row: Contact) -> Done:
    reason = "The contact was deleted at GoHighLevel. Nothing is sent until somebody decides to make it again."
    return Done(State.CONFLICT, Act.NOTHING, reason, columns={"gone_at": timezone.now(), "remote": None})


def seen(contact: dict[str, Any]) -> dict[str, Any]:
    """The columns that hold what GoHighLevel has. Searches may leave the do-not-disturb settings out: then they stay."""
    columns: dict[str, Any] = {
        "remote": {name: contact[name] for name in SEEN if name in contact},
        "seen_at": timezone.now(),
    }
    if "dnd" in contact:
        columns["dnd"] = bool(contact["dnd"])
    if "dndSettings" in contact:
        columns["dnd_settings"] = read_dnd(contact)
    return columns
