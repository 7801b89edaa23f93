"""Estimates as the sales module writes them (OpenAPI document tenant-salestech-v2)."""

from typing import Any

from config.sandbox import moments
from config.sandbox.chance import mix, salt
from servicetitan.sandbox.company import facts
from servicetitan.sandbox.company.articles import estimate_article
from servicetitan.sandbox.company.hashing import Ids
from servicetitan.sandbox.company.money import LINES_A_DOCUMENT, Books, Line
from servicetitan.sandbox.company.reference import business_unit_id
from servicetitan.sandbox.company.staff import Staff
from servicetitan.sandbox.company.state import State
from servicetitan.sandbox.company.trade import BUSINESS_UNITS

Row = dict[str, Any]
ESTIMATE_ITEMS_FROM, INVOICE_ITEMS_FROM = 810_000_000, 910_000_000


def item_ids(seed: int, name: str, documents: int) -> Ids:
    first = ESTIMATE_ITEMS_FROM if name == "estimate items" else INVOICE_ITEMS_FROM
    return Ids(seed, name, first, documents * LINES_A_DOCUMENT, stride=5)


class SalesRows:
    def __init__(self, seed: int, state: State, books: Books, staff: Staff) -> None:
        self._state = state
        self._books = books
        self._staff = staff
        self._salt = salt(seed, "sales rows")
        self._estimate = state.estimates.ids.of
        self.item_ids = item_ids(seed, "estimate items", state.estimates.base)
        self._invoice_item = item_ids(seed, "invoice items", state.invoices.base).of
        self._priced = moments.text(state.history.calendar.end - 500 * moments.DAY)

    def estimate(self, estimate: facts.Estimate) -> Row:
        luck = mix(self._salt ^ estimate.position)
        job = self._state.jobs.ids.of(estimate.job)
        kind = self._books.type_of(estimate.job)
        lines = self._books.estimate_lines(estimate.position, estimate.job)
        sums = self._books.sums(lines, estimate.location, False)
        deposit = luck & 7 == 0
        return {
            "id": self._estimate(estimate.position),
            "jobId": job,
            "projectId": None,
            "locationId": self._state.locations.ids.of(estimate.location),
            "customerId": self._state.customers.ids.of(estimate.customer),
            "name": f"{('Good', 'Better', 'Best')[(luck >> 34) % 3]}: {kind.name}" if luck >> 4 & 7 else None,
            "jobNumber": str(job),
            "status": {"value": estimate.status, "name": facts.ESTIMATE_STATUS[estimate.status]},
            "reviewStatus": ("None", "None", "None", "Approved", "NeedsApproval")[(luck >> 8) % 5],
            "summary": None if luck >> 12 & 1 else f"{kind.name}: as discussed on site. Valid for 30 days.",
            "createdOn": moments.text(estimate.created),
            "modifiedOn": moments.text(estimate.modified),
            "soldOn": moments.text_or_none(estimate.sold),
            "soldBy": None if estimate.sold is None else self._staff.technician_id(luck >> 16),
            "active": estimate.active,
            "items": [self._item(estimate, n, line) for n, line in enumerate(lines)],
            "externalLinks": None if luck >> 24 & 3 else [],
            "subtotal": sums.subtotal / 100,
            "tax": sums.tax / 100,
            "businessUnitId": business_unit_id(kind.unit),
            "businessUnitName": BUSINESS_UNITS[kind.unit][0],
            "isRecommended": luck >> 26 & 3 == 0,
            "budgetCodeId": None,
            "isChangeOrder": luck >> 28 & 31 == 0,
            "proposalTagName": None if luck >> 33 & 7 else "Comfort Plan",
            "depositAmount": round(sums.total / 400, 2) if deposit else None,
            "depositPercent": 25.0 if deposit else None,
            "requireDepositOnSignature": deposit,
        }

    def items(self, estimate: facts.Estimate) -> list[Row]:
        lines = self._books.estimate_lines(estimate.position, estimate.job)
        return [self._item(estimate, n, line) for n, line in enumerate(lines)]

    def item_estimate(self, number: int) -> facts.Estimate | None:
        """The estimate an item id belongs to."""
        place = self.item_ids.index(number)
        if place is None or not self._state.estimates.exists(place // LINES_A_DOCUMENT):
            return None
        return self._state.estimates.get(place // LINES_A_DOCUMENT)

    def _item(self, estimate: facts.Estimate, number: int, line: Line) -> Row:
        return {
            **estimate_article(line, self._priced),
            "id": self.item_ids.of(estimate.position * LINES_A_DOCUMENT + number),
            "createdOn": moments.text(estimate.created + number * moments.SECOND),
            "modifiedOn": moments.text(estimate.modified),
            "invoiceItemId": self._landed(estimate, number),
        }

    def _landed(self, estimate: facts.Estimate, number: int) -> int | None:
        if estimate.invoice is None:
            return None
        return self._invoice_item(estimate.invoice * LINES_A_DOCUMENT + number)
