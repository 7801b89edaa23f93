"""What a comparison with GoHighLevel found: how many should be there, how many are, which differ, and whose the others are."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.ghl.adoption import number_of
from integrations.ghl.models import Contact, Pushed
from integrations.ghl.push.opportunities import PLACE
from integrations.ghl.versions import read_custom_fields

EXAMPLES = 100
# Where a card stands is judged as a move; where somebody heard of us is the vendor's and people's.
NOT_COMPARED = frozenset((*PLACE, "source", "customFields"))


@dataclass
class Part:
    """Of one kind. `should`: rows that are to be there; `there`: those that are; `at_ghl`: all that GoHighLevel has.

    `moved`: cards that stand where people put them. `unchecked`: what was left to the next comparison.
    """

    should: int = 0
    there: int = 0
    at_ghl: int = 0
    not_ours: int = 0
    adopted: int = 0
    gone: int = 0
    moved: int = 0
    differ: int = 0
    repaired: int = 0
    changed: int = 0
    unchecked: int = 0
    states: dict[str, int] = field(default_factory=dict)
    fields: Counter[str] = field(default_factory=Counter)
    differing: list[dict[str, Any]] = field(default_factory=list)
    twins: list[dict[str, Any]] = field(default_factory=list)

    def add_differing(self, row: Pushed, names: list[str]) -> None:
        self.differ += 1
        self.fields.update(names)
        if len(self.differing) < EXAMPLES:
            self.differing.append({"id": row.pk, "ghl_id": row.ghl_id, "fields": names})

    def add_twin(self, row: Pushed, other: str) -> None:
        self.twins.append({"id": row.pk, "ghl_ids": [row.ghl_id, other]})

    @property
    def missing(self) -> int:
        return self.should - self.there

    def sentence(self) -> str:
        """For people: "1,000 should be there, 998 are (2 missing); 3 differ (email 2, tags 1); 41 are not ours"."""
        fields = ", ".join(f"{name} {number:,}" for name, number in self.fields.most_common(5))
        parts = [
            f"{self.should:,} should be there, {self.there:,} are" + (f" ({self.missing:,} missing)" if self.missing else ""),
            f"{self.differ:,} differ ({fields})" if self.differ else "none differs",
            *(f"{number:,} {words}" for words, number in self._others().items() if number),
        ]
        return "; ".join(parts)

    def _others(self) -> dict[str, int]:
        return {
            "are there twice": len(self.twins), "were deleted there": self.gone, "were moved there by people": self.moved,
            "were adopted": self.adopted, "will be sent again": self.repaired, "are not ours": self.not_ours,
            "were left to the next comparison": self.unchecked,
        }  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "missing": self.missing, "fields": dict(self.fields.most_common())}


@dataclass
class Report:
    """`problem`: why it was not finished, or must not be believed; '' where all is well."""

    contacts: Part = field(default_factory=Part)
    opportunities: Part = field(default_factory=Part)
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem

    @property
    def equal(self) -> bool:
        """All that should be there is, once, and as it was sent."""
        parts = (self.contacts, self.opportunities)
        return self.ok and all(part.missing == part.differ == part.unchecked == len(part.twins) == 0 for part in parts)

    def as_dict(self) -> dict[str, Any]:
        parts = {"contacts": self.contacts.as_dict(), "opportunities": self.opportunities.as_dict()}
        return {"ok": self.ok, "equal": self.equal, "problem": self.problem, **parts}


def drift(row: Pushed, record: dict[str, Any], our_field: str) -> list[str]:
    """Names of what GoHighLevel has otherwise than it was sent. `our_field`: id of the custom field that holds our number."""
    names = [name for name, value in (row.sent or {}).items() if name not in NOT_COMPARED and not alike(value, record.get(name))]
    if our_field and not alike(number_of(row), read_custom_fields(record).get(our_field)):
        names.append("customFields")
    if isinstance(row, Contact) and not {_folded(tag) for tag in row.tags} <= {_folded(tag) for tag in record.get("tags") or []}:
        names.append("tags")
    return names


def alike(sent: Any, there: Any) -> bool:
    """The vendor trims texts, may change their case, and writes 5 for 5.0; what is empty it leaves out."""
    if sent in (None, "") or there in (None, ""):
        return sent in (None, "") and there in (None, "")
    if isinstance(sent, int | float | Decimal) and not isinstance(sent, bool):
        try:
            return Decimal(str(sent)) == Decimal(str(there))
        except InvalidOperation:
            return False
    return _folded(sent) == _folded(there)


def _folded(value: Any) -> str:
    return " ".join(str(value).split()).casefold()
