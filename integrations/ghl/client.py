"""What the hub asks of GoHighLevel, each operation once. Bodies are the vendor's; names that differ by edition are in `versions`.

Source: apps/{contacts,opportunities,locations}.json of the vendor's documents, and their v3 twins.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings

from config.isolation.egress.retries import Stats
from integrations.ghl.errors import BadAnswer, Missing
from integrations.ghl.http import Transport
from integrations.ghl.versions import Version

Record = dict[str, Any]
CONTACTS_PAGE = 100
CARDS_PAGE = 100


class Client:
    """For one sub-account. Every method may raise a GhlError; `stats` counts the calls."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.location: str = settings.GHL_LOCATION_ID

    @property
    def version(self) -> Version:
        return self._transport.version

    # Contacts

    def upsert_contact(self, values: Record, stats: Stats) -> tuple[Record, bool]:
        """(the contact, whether it is new). Only for the first contact: the vendor looks it up by e-mail and phone."""
        answer = self._call("POST", "/contacts/upsert", stats, body={"locationId": self.location, **values}, repeatable=False)
        return _part(answer, "contact"), bool(answer.get("new"))

    def update_contact(self, id: str, values: Record, stats: Stats) -> Record:
        return _part(self._call("PUT", f"/contacts/{id}", stats, body=values), "contact")

    def contact(self, id: str, stats: Stats) -> Record | None:
        """None where there is none (any more)."""
        try:
            return _part(self._call("GET", f"/contacts/{id}", stats), "contact")
        except Missing:
            return None

    def contact_like(self, field: str, value: str, stats: Stats) -> Record | None:
        """The contact with this e-mail ("email") or phone ("phone"), which the vendor would take for the same person."""
        query = {"locationId": self.location, "email" if field == "email" else "number": value}
        found = self._call("GET", "/contacts/search/duplicate", stats, query=query).get("contact")
        return found if isinstance(found, dict) and found.get("id") else None

    def all_contacts(self, stats: Stats) -> Iterator[Record]:
        """Every contact of the sub-account; a write of the last seconds may be missing."""
        after: list[Any] | None = None
        while True:
            body: Record = {"locationId": self.location, "pageLimit": CONTACTS_PAGE}
            if after:
                body["searchAfter"] = after
            else:
                body["page"] = 1
            rows = _rows(self._call("POST", "/contacts/search", stats, body=body), "contacts")
            yield from rows
            following = rows[-1].get("searchAfter") if rows else None
            if len(rows) < CONTACTS_PAGE or not following or following == after:
                return
            after = following

    def add_tags(self, id: str, tags: list[str], stats: Stats) -> None:
        self._call("POST", f"/contacts/{id}/tags", stats, body={"tags": tags})

    def remove_tags(self, id: str, tags: list[str], stats: Stats) -> None:
        self._call("DELETE", f"/contacts/{id}/tags", stats, body={"tags": tags})

    # Opportunities

    def create_opportunity(self, values: Record, stats: Stats) -> Record:
        body = {"locationId": self.location, **values}
        return _part(self._call("POST", "/opportunities/", stats, body=body, repeatable=False), "opportunity")

    def update_opportunity(self, id: str, values: Record, stats: Stats) -> Record:
        return _part(self._call("PUT", f"/opportunities/{id}", stats, body=values), "opportunity")

    def lose_opportunity(self, id: str, reason_id: str, stats: Stats) -> None:
        """Only this call takes a reason."""
        body = {"status": "lost", "lostReasonId": reason_id}
        self._call("PUT", f"/opportunities/{id}/status", stats, body=body)

    def opportunity(self, id: str, stats: Stats) -> Record | None:
        """None where there is none (any more)."""
        try:
            return _part(self._call("GET", f"/opportunities/{id}", stats), "opportunity")
        except Missing:
            return None

    def opportunities_of(self, contact_id: str, stats: Stats) -> list[Record]:
        """All cards of one contact; one of the last seconds may be missing. Raises BadAnswer for another contact's."""
        cards = list(self._search({self.version.contact: contact_id}, stats))
        if any(card.get("contactId", contact_id) != contact_id for card in cards):
            raise BadAnswer("GoHighLevel answered a search for a contact's opportunities with those of another one.")
        return cards

    def all_opportunities(self, stats: Stats) -> Iterator[Record]:
        return self._search({}, stats)

    def _search(self, only: dict[str, str], stats: Stats) -> Iterator[Record]:
        query = {self.version.location: self.location, "limit": str(CARDS_PAGE), **only}
        while True:
            answer = self._call("GET", "/opportunities/search", stats, query=query)
            rows = _rows(answer, "opportunities")
            yield from rows
            meta = answer.get("meta") or {}
            last = str(meta.get("startAfterId") or "")
            if len(rows) < CARDS_PAGE or not last or last == query.get("startAfterId"):
                return
            query |= {"startAfterId": last, "startAfter": str(meta.get("startAfter") or "")}

    # The sub-account

    def account(self, stats: Stats) -> Record:
        return _part(self._call("GET", f"/locations/{self.location}", stats), "location")

    def pipelines(self, stats: Stats) -> list[Record]:
        answer = self._call("GET", "/opportunities/pipelines", stats, query={"locationId": self.location})
        return _rows(answer, "pipelines")

    def lost_reasons(self, stats: Stats) -> list[Record]:
        answer = self._call("GET", "/opportunities/lost-reason", stats, query={"locationId": self.location})
        return _rows(answer, "lostReasons")

    def custom_fields(self, stats: Stats) -> list[Record]:
        path = f"/locations/{self.location}/customFields"
        return _rows(self._call("GET", path, stats, query={"model": "all"}), "customFields")

    def create_custom_field(self, name: str, model: str, stats: Stats) -> Record:
        """A text field. `model`: "contact" or "opportunity". Look whether it is there before: its twin may be allowed."""
        path, body = f"/locations/{self.location}/customFields", {"name": name, "dataType": "TEXT", "model": model}
        return _part(self._call("POST", path, stats, body=body, repeatable=False), "customField")

    def _call(self, method: str, path: str, stats: Stats, **options: Any) -> Record:
        return self._transport.call(method, path, stats, **options)


def _part(answer: Record, name: str) -> Record:
    part = answer.get(name)
    if not isinstance(part, dict) or not part.get("id"):
        raise BadAnswer(f"GoHighLevel's answer has no {name} with an id.")
    return part


def _rows(answer: Record, name: str) -> list[Record]:
    rows = answer.get(name)
    if not isinstance(rows, list):
        raise BadAnswer(f"GoHighLevel's answer has no list of {name}.")
    return [row for row in rows if isinstance(row, dict) and row.get("id")]
