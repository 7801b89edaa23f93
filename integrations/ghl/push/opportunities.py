"""Sending one opportunity: created once, then written by its id.

The vendor has no key of ours to find a card by, and a second create is a second card where the sub-account allows it. So a
create whose outcome is unknown is looked for, by our custom field, once the vendor's search must know of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from config.isolation.egress.retries import Stats
from integrations.ghl.client import Client
from integrations.ghl.errors import BadAnswer, Duplicate, NotAuthorized, Refused, Unknown
from integrations.ghl.mapping.opportunities import ESTIMATE_FIELD, WantedOpportunity
from integrations.ghl.models import Account, Contact, Opportunity
from integrations.ghl.push.consume import Consumer
from integrations.ghl.push.keep import Act, Done, Keeper, State, settled_at
from integrations.ghl.versions import read_custom_fields

PLACE = {"pipelineId": "pipeline_id", "pipelineStageId": "stage_id", "status": "status"}
SEEN = ("name", "monetaryValue", "pipelineId", "pipelineStageId", "status", "contactId", "assignedTo", "updatedAt")


@dataclass
class OpportunityPusher:
    """May raise the GhlErrors that concern all records; stores everything else as the record's own."""

    client: Client
    account: Account
    keeper: Keeper
    stats: Stats

    def push(self, row: Opportunity, wanted: WantedOpportunity, planned_at: datetime) -> None:
        try:
            done = self._update(row, wanted) if row.ghl_id else self._create(row, wanted)
        except NotAuthorized:
            raise
        except (Unknown, BadAnswer) as error:
            due = settled_at(row) if row.intent_at else None
            done = Done(State.PENDING, Act.CREATE, str(error), due_at=due, failed=True)
        except Refused as error:
            done = Done(State.FAILED, Act.UPDATE if row.ghl_id else Act.CREATE, str(error), failed=True)
        done.columns |= self._looked(row, wanted)
        if wanted.look_again_at and done.due_at is None and not done.failed:
            done.due_at = wanted.look_again_at
        self.keeper.store(row, done, planned_at)

    def _looked(self, row: Opportunity, wanted: WantedOpportunity) -> dict[str, Any]:
        return {"name": wanted.name, "value": wanted.value, "st_estimate_id": wanted.estimate_id}

    # The first time

    def _create(self, row: Opportunity, wanted: WantedOpportunity) -> Done:
        contact = Contact.objects.filter(pk=row.st_customer_id).first()
        if contact is None or not contact.ghl_id or contact.gone_at:
            return _waits(row, contact)
        if row.intent_at is not None:
            if found := self._find(contact.ghl_id, wanted):
                return self._adopt(row, wanted, found)
            if timezone.now() < settled_at(row):
                reason = "Waits until a call without an answer is settled."
                return Done(State.PENDING, Act.NOTHING, reason, due_at=settled_at(row))
        self.keeper.intend(row)
        body = {"contactId": contact.ghl_id, **wanted.place, **self._body(wanted)}
        try:
            card = self.client.create_opportunity(body, self.stats)
        except Duplicate as duplicate:
            return self._in_the_way(row, wanted, duplicate.existing_id)
        if card.get("contactId") != contact.ghl_id or not self._shows(card, wanted):
            raise Unknown("GoHighLevel answered with another opportunity than the one that was sent.")
        return self._arrived(row, wanted, card, body)

    def _find(self, contact_id: str, wanted: WantedOpportunity) -> dict[str, Any] | None:
        """None follows a second create: so it takes two answers, as one could be that of another call (a cache, a proxy)."""
        for _ in range(2):
            cards = self.client.opportunities_of(contact_id, self.stats)
            if found := next((card for card in cards if self._shows(card, wanted)), None):
                return found
        return None

    def _shows(self, card: dict[str, Any], wanted: WantedOpportunity) -> bool:
        return str(read_custom_fields(card).get(self.account.fields[ESTIMATE_FIELD]) or "") == str(wanted.estimate_id)

    def _in_the_way(self, row: Opportunity, wanted: WantedOpportunity, id: str) -> Done:
        """The contact has a card in this pipeline. It is taken over only where it is this estimate's."""
        card = self.client.opportunity(id, self.stats)
        if card is not None and self._shows(card, wanted):
            return self._adopt(row, wanted, card)
        reason = (
            f"The contact has another opportunity in this pipeline ({id}), and the sub-account allows one. It was left as it is: "
            "allow several opportunities a contact in GoHighLevel's settings, or take that one over."
        )
        remote = _seen(card) if card else {}
        return Done(State.CONFLICT, Act.NOTHING, reason, columns={"intent_at": None, **remote})

    def _adopt(self, row: Opportunity, wanted: WantedOpportunity, card: dict[str, Any]) -> Done:
        """It is ours, from a call whose answer was lost: so it stands where that call put it."""
        try:
            self.keeper.note(row, ghl_id=str(card["id"]), adopted=True)
        except IntegrityError:
            reason = f"GoHighLevel's opportunity {card['id']} shows this estimate, and is another row's."
            row.ghl_id = None
            return Done(State.CONFLICT, Act.NOTHING, reason, columns={"ghl_id": None, "intent_at": None})
        done = self._update(row, wanted)
        done.act = Act.ADOPT if done.act == Act.UPDATE else done.act
        return done

    def _arrived(self, row: Opportunity, wanted: WantedOpportunity, card: dict[str, Any], body: dict[str, Any]) -> Done:
        self.keeper.note(row, ghl_id=str(card["id"]), **_put_at(wanted))
        self._give_reason(row, wanted)
        return self._kept(wanted, card, Act.CREATE, body, _put_at(wanted))

    # Afterwards

    def _update(self, row: Opportunity, wanted: WantedOpportunity) -> Done:
        """A card goes to another stage only from where we put it: where a person put it, it is theirs."""
        assert row.ghl_id is not None
        moves = any(getattr(row, column) != wanted.place[name] for name, column in PLACE.items())
        human = row.moved_by_human
        if moves:
            card = self.client.opportunity(row.ghl_id, self.stats)
            if card is None:
                return _gone()
            human = bool(row.pipeline_id) and is_moved(row, card)
        sends_place = moves and (not human or wanted.rule.over_human)
        body = self._body(wanted) | (wanted.place if sends_place else {})
        try:
            card = self.client.update_opportunity(row.ghl_id, body, self.stats)
        except NotAuthorized:
            raise
        except Refused:
            if self.client.opportunity(row.ghl_id, self.stats) is not None:
                raise
            return _gone()
        if card["id"] != row.ghl_id or not self._shows(card, wanted) or (sends_place and _stands_elsewhere(card, wanted)):
            raise Unknown("GoHighLevel's answer does not show what was sent: it is sent again.")
        columns = {"moved_by_human": human and not sends_place, **(_put_at(wanted) if sends_place else {})}
        if sends_place:
            self._give_reason(row, wanted)
        return self._kept(wanted, card, Act.UPDATE, body, columns)

    def _give_reason(self, row: Opportunity, wanted: WantedOpportunity) -> None:
        if wanted.rule.lost_reason_id and wanted.place["status"] == "lost" and row.ghl_id:
            self.client.lose_opportunity(row.ghl_id, wanted.rule.lost_reason_id, self.stats)

    def _kept(
        self, wanted: WantedOpportunity, card: dict[str, Any], act: str, body: dict[str, Any], columns: dict[str, Any]
    ) -> Done:
        columns = columns | {
            "intent_at": None, "sent": wanted.values | wanted.place, "sent_hash": wanted.hash, "sent_at": timezone.now(),
            "gone_at": None, "happened": wanted.happened, **_seen(card),
        }  # fmt: skip
        return Done(State.SENT, act, _left_alone(columns), columns=columns, request=body, answer=_seen(card)["remote"])

    def _body(self, wanted: WantedOpportunity) -> dict[str, Any]:
        custom = {self.account.fields[key]: text for key, text in wanted.custom.items()}
        return wanted.values | {"customFields": self.client.version.custom_fields(custom)}


def is_moved(row: Opportunity, card: dict[str, Any]) -> bool:
    """Whether the card stands elsewhere than where we last put it."""
    return any(name in card and card[name] != getattr(row, column) for name, column in PLACE.items())


def _stands_elsewhere(card: dict[str, Any], wanted: WantedOpportunity) -> bool:
    return any(name in card and card[name] != value for name, value in wanted.place.items())


def _put_at(wanted: WantedOpportunity) -> dict[str, str]:
    return {column: wanted.place[name] for name, column in PLACE.items()}


def _left_alone(columns: dict[str, Any]) -> str:
    return "Somebody moved the card at GoHighLevel: its stage stays theirs." if columns.get("moved_by_human") else ""


def _waits(row: Opportunity, contact: Contact | None) -> Done:
    """The contact's own outcome wakes it (`wake_opportunities`)."""
    if contact is None:
        Consumer(several=True).mark_customers([row.st_customer_id])
        return Done(State.PENDING, Act.NOTHING, "Waits for the customer to become a contact.")
    if contact.gone_at:
        return Done(State.SKIPPED, Act.NOTHING, "The customer's contact was deleted at GoHighLevel.")
    if contact.state in (State.SKIPPED, State.CONFLICT):
        return Done(State.SKIPPED, Act.NOTHING, f"The customer is not at GoHighLevel. {contact.reason}")
    return Done(State.PENDING, Act.NOTHING, "Waits for the customer to become a contact.")


def _gone() -> Done:
    reason = "The opportunity was deleted at GoHighLevel. Nothing is sent until somebody decides to make it again."
    return Done(State.CONFLICT, Act.NOTHING, reason, columns={"gone_at": timezone.now(), "remote": None})


def _seen(card: dict[str, Any]) -> dict[str, Any]:
    """The columns that hold what GoHighLevel has."""
    return {"remote": {name: card[name] for name in SEEN if name in card}, "seen_at": timezone.now()}

