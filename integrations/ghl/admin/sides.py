"""Two sides next to each other: what we sent, and what GoHighLevel has."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.backoffice import show
from config.backoffice.panels import Panel, Table
from integrations.ghl.admin.words import Places, places
from integrations.ghl.models import Contact, Pushed
from integrations.ghl.parity import NOT_COMPARED, alike

WORDS = {
    "firstName": "First name", "lastName": "Last name", "name": "Name", "companyName": "Company", "email": "E-mail",
    "phone": "Phone", "address1": "Street", "city": "City", "state": "State", "postalCode": "Zip", "country": "Country",
    "tags": "Tags", "source": "Source", "monetaryValue": "Value", "pipelineId": "Pipeline", "pipelineStageId": "Stage",
    "status": "Status", "assignedTo": "Assigned to",
}  # fmt: skip
_NOT_SHOWN = ("contactId", "dateUpdated", "updatedAt")


def differing(row: Pushed) -> list[str]:
    """Fields that were sent and are otherwise there, as last seen. Where a card stands is people's, so never among them."""
    if row.remote is None or row.sent is None:
        return []
    names = [name for name in row.sent if name in row.remote and name not in NOT_COMPARED]
    found = [name for name in names if not alike(row.sent[name], row.remote[name])]
    missing = isinstance(row, Contact) and _missing_tags(row)
    return [*found, "tags"] if missing else found


def panel(row: Pushed) -> Panel:
    sent, there = dict(row.sent or {}), dict(row.remote or {})
    sent.pop("customFields", None)
    for name in _NOT_SHOWN:
        there.pop(name, None)
    if isinstance(row, Contact):
        sent["tags"] = row.tags
    else:
        sent |= {"pipelineId": row.pipeline_id, "pipelineStageId": row.stage_id, "status": row.status}  # type: ignore[attr-defined]
    known, different = places(), set(differing(row))
    rows = [
        (WORDS.get(name, name), _value(known, name, sent.get(name)), _value(known, name, there.get(name)),
         show.pill("differs", show.WARNING) if name in different else "")
        for name in [*sent, *(name for name in there if name not in sent)]
    ]  # fmt: skip
    seen = format_html("As last seen there: {}", show.moment(row.seen_at)) if row.seen_at else "It was not read there yet."
    return Table(
        title="The two sides", headers=("Field", "Sent by the hub", "At GoHighLevel", ""), rows=rows, note=seen,
        empty="Nothing was sent yet, and nothing was seen there.",
    )  # fmt: skip


def lines(row: Pushed) -> tuple[SafeString, SafeString]:
    """For a row of a list: the fields that differ, on either side."""
    names = differing(row)
    if not names:
        return show.NOTHING, show.NOTHING
    tags = row.tags if isinstance(row, Contact) else []
    sent = {**(row.sent or {}), "tags": tags}
    there = row.remote or {}
    return _side(names, sent), _side(names, there)


def _side(names: list[str], values: dict[str, Any]) -> SafeString:
    known = places()
    return show.lines([format_html("{}: {}", WORDS.get(name, name), _value(known, name, values.get(name))) for name in names])


def _missing_tags(contact: Contact) -> bool:
    there = {str(tag).casefold() for tag in (contact.remote or {}).get("tags") or []}
    return not {str(tag).casefold() for tag in contact.tags} <= there


def _value(places: Places, name: str, value: Any) -> Any:
    value = places.named(name, value)
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return show.some(value)
