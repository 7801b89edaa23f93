"""What was sent and what GoHighLevel has, next to each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from config.backoffice import show
from config.backoffice.panels import Panel, Table
from integrations.admin.places import Places
from integrations.ghl.parity import alike
from integrations.models import Contact, Opportunity

LABELS = {
    "firstName": "First name", "lastName": "Last name", "name": "Name", "companyName": "Company", "email": "E-mail",
    "phone": "Phone", "address1": "Street", "city": "City", "state": "State", "postalCode": "ZIP", "country": "Country",
    "monetaryValue": "Value", "tags": "Tags", "place": "Stage", "status": "Status",
}  # fmt: skip
CONTACT = (
    "firstName", "lastName", "name", "companyName", "email", "phone", "address1", "city", "state", "postalCode", "country",
)  # fmt: skip
IDENTITY = ("firstName", "lastName", "name", "email", "phone", "monetaryValue", "place", "status")
OURS, THEIRS = "Sent from ServiceTitan", "At GoHighLevel"


@dataclass(frozen=True)
class Side:
    """One value, on both sides. `differs`: it was sent, and something else is there."""

    name: str
    ours: Any
    theirs: Any
    differs: bool

    @property
    def label(self) -> str:
        return LABELS.get(self.name, self.name)


def of(row: Contact | Opportunity, places: Places) -> list[Side]:
    """Only what one side has at least."""
    found = _contact(row) if isinstance(row, Contact) else _card(row, places)
    return [side for side in found if side.ours not in (None, "", []) or side.theirs not in (None, "", [])]


def _contact(row: Contact) -> Iterator[Side]:
    ours = row.sent or {"name": row.name, "email": row.email, "phone": row.phone}
    theirs = row.remote or {}
    for name in CONTACT:
        if name == "name" and ("name" not in ours or "name" not in theirs) and not _alone(name, ours, theirs):
            continue
        yield Side(name, ours.get(name), theirs.get(name), _differs(row, ours, theirs, name))
    tags, there = row.tags or [], theirs.get("tags") or []
    missing = {str(tag).casefold() for tag in tags} - {str(tag).casefold() for tag in there}
    yield Side("tags", ", ".join(tags), ", ".join(map(str, there)), bool(missing) and row.remote is not None)


def _alone(name: str, ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """GoHighLevel also writes first and last name together: that is no news where those are shown."""
    return not (theirs.get("firstName") or theirs.get("lastName")) and bool(ours.get(name) or theirs.get(name))


def _card(row: Opportunity, places: Places) -> Iterator[Side]:
    ours = row.sent or {"name": row.name, "monetaryValue": float(row.value) if row.value is not None else None}
    theirs = row.remote or {}
    for name in ("name", "monetaryValue"):
        yield Side(name, _money(name, ours), _money(name, theirs), _differs(row, ours, theirs, name))
    put = (row.pipeline_id, row.stage_id)
    there = (theirs.get("pipelineId") or "", theirs.get("pipelineStageId") or "")
    yield Side("place", places.both(*put), places.both(*there), bool(row.remote and put[1] and put != there))
    status = theirs.get("status")
    yield Side("status", row.status, status, bool(row.remote and row.status and row.status != status))


def _money(name: str, values: dict[str, Any]) -> Any:
    value = values.get(name)
    return f"{value:,.2f}" if name == "monetaryValue" and isinstance(value, int | float) else value


def _differs(row: Contact | Opportunity, ours: dict[str, Any], theirs: dict[str, Any], name: str) -> bool:
    return bool(row.remote) and ours.get(name) not in (None, "") and not alike(ours.get(name), theirs.get(name))


def panel(row: Contact | Opportunity, places: Places) -> Panel:
    sides = of(row, places)
    rows = [(side.label, show.some(side.ours), show.some(side.theirs), _mark(side)) for side in sides]
    differ = sum(side.differs for side in sides)
    return Table(
        title="The two sides", headers=("", OURS, THEIRS, ""), rows=rows, count=f"{differ} differ" if differ else "",
        note=_note(row), empty="Nothing was sent yet.",
    )  # fmt: skip


def _note(row: Contact | Opportunity) -> str:
    if row.remote is None:
        return "It is not at GoHighLevel, so there is nothing to compare with."
    return "" if row.sent else "Nothing was sent for it yet: on the left is what the hub knows."


def _mark(side: Side) -> SafeString | str:
    return show.pill("differs", show.WARNING) if side.differs else ""


def short(row: Contact | Opportunity, places: Places) -> tuple[SafeString, SafeString]:
    """(ours, theirs) for a row of a list: who it is, and whatever differs."""
    sides = [side for side in of(row, places) if side.name in IDENTITY or side.differs]
    return show.lines([_value(s, s.ours) for s in sides]), show.lines([_value(s, s.theirs) for s in sides if row.remote])


def _value(side: Side, value: Any) -> SafeString:
    text = show.format_inline(show.quiet(f"{side.label}:"), show.some(value))
    return show.format_inline(text, _mark(side))
