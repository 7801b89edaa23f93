"""Invoices as the accounting module writes them: money as text (OpenAPI document tenant-accounting-v2)."""

from decimal import Decimal
from typing import Any

from config.sandbox import moments
from config.sandbox.chance import mix, salt
from servicetitan.sandbox.company import facts
from servicetitan.sandbox.company.articles import invoice_article, money
from servicetitan.sandbox.company.identity import Identity
from servicetitan.sandbox.company.money import LINES_A_DOCUMENT, Books, Line
from servicetitan.sandbox.company.places import Place
from servicetitan.sandbox.company.reference import business_unit_id
from servicetitan.sandbox.company.render_sales import item_ids
from servicetitan.sandbox.company.staff import Staff
from servicetitan.sandbox.company.state import State
from servicetitan.sandbox.company.trade import BUSINESS_UNITS, JobType

Row = dict[str, Any]


class AccountingRows:
    def __init__(self, seed: int, state: State, identity: Identity, books: Books, staff: Staff) -> None:
        self._state = state
        self._identity = identity
        self._books = books
        self._staff = staff
        self._salt = salt(seed, "accounting rows")
        self._item_id = item_ids(seed, "invoice items", state.invoices.base).of
        self._estimate_item = item_ids(seed, "estimate items", state.estimates.base).of

    def invoice(self, invoice: facts.Invoice) -> Row:
        luck = mix(self._salt ^ invoice.position)
        lines = self._books.invoice_lines(invoice)
        return {
            **self._content(invoice, luck, lines),
            **self._standing(invoice, luck),
            **self._amounts(invoice, lines),
            **self._parties(invoice, luck),
            **self._record(invoice),
        }

    def _content(self, invoice: facts.Invoice, luck: int, lines: list[Line]) -> Row:
        kind = self._books.type_of(invoice.job)
        return {
            "summary": None if luck >> 2 & 1 else f"<p>{kind.name}. All work tested, area cleaned.</p>",
            "items": self.items(invoice, lines) or None,
            "customFields": None if luck >> 3 & 3 else [],
            "active": invoice.active,
            "discountTotal": money(-sum(line.total for line in lines if line.cents < 0)),
            "importId": None,
            "exportId": None,
            "materialSkuId": None,
            "membershipId": None if luck >> 5 & 7 else 7_000_000 + invoice.customer,
            "invoiceConfiguration": "JobInvoice" if invoice.job is not None else "CounterSales",
            "job": self._job(invoice, kind),
            "projectId": None,
            "invoiceType": None if luck >> 12 & 7 else {"id": 17, "name": "Service"},
            "businessUnit": {"id": business_unit_id(kind.unit), "name": BUSINESS_UNITS[kind.unit][0]},
        }

    def _standing(self, invoice: facts.Invoice, luck: int) -> Row:
        """Dates and states: paid ones are mostly posted to a batch and deposited."""
        paid = None if invoice.paid is None else moments.date_text(invoice.paid)
        posted = paid is not None and luck & 3 != 0
        batch = {"id": 2_000 + luck % 700, "number": str(luck % 700 + 1), "name": None}
        return {
            "syncStatus": ("Exported" if luck >> 8 & 1 else "Posted") if posted else "Pending",
            "reviewStatus": "Reviewed" if posted else "NeedsReview",
            "sentStatus": ("NotSent", "Sent", "Opened")[(luck >> 31) % 3],
            "batch": batch if posted else None,
            "paidOn": paid,
            "depositedOn": paid if posted else None,
            "invoiceDate": moments.date_text(invoice.dated),
            "dueDate": moments.date_text(invoice.dated + (0, 15, 30)[luck % 3] * moments.DAY),
            "termName": ("Due Upon Receipt", "Net 15", "Net 30")[luck % 3],
            "commissionEligibilityDate": None if luck >> 30 & 1 else moments.date_text(invoice.dated),
        }

    def _amounts(self, invoice: facts.Invoice, lines: list[Line]) -> Row:
        sums = self._books.sums(lines, invoice.location, invoice.paid is None)
        return {
            "subTotal": money(sums.subtotal),
            "salesTax": money(sums.tax),
            "salesTaxCode": _tax_code(self._identity.place(self._state.origin_of(invoice.location)[0])),
            "taxZoneId": None,
            "total": money(sums.total),
            "balance": money(sums.due),
        }

    def _parties(self, invoice: facts.Invoice, luck: int) -> Row:
        state, identity = self._state, self._identity
        home, ordinal = state.origin_of(invoice.location)
        customer, location = (
            state.customers.ids.of(invoice.customer),
            state.locations.ids.of(invoice.location),
        )
        return {
            "customer": {"id": customer, "name": identity.name(invoice.customer)},
            "customerAddress": identity.postal(invoice.customer, 0, invoice.address),
            "location": {"id": location, "name": identity.place_name(home, ordinal)},
            "locationAddress": identity.postal(home, ordinal, 0),
            "employeeInfo": None if luck >> 20 & 3 else self._author(luck >> 22),
            "assignedTo": None if luck >> 34 & 7 else self._assignee(luck >> 37),
            "createdBy": self._staff.office_name(luck >> 16),
        }

    def _record(self, invoice: facts.Invoice) -> Row:
        number = self._state.invoices.ids.of(invoice.position)
        return {
            "id": number,
            "referenceNumber": str(number),
            "budgetCodeId": None,
            "adjustmentToId": None,
            "royalty": {"status": "Pending", "date": None, "sentOn": None, "memo": None},
            "createdOn": moments.text(invoice.created),
            "modifiedOn": moments.text(invoice.modified),
        }

    def items(self, invoice: facts.Invoice, lines: list[Line] | None = None) -> list[Row]:
        lines = self._books.invoice_lines(invoice) if lines is None else lines
        unit = self._books.type_of(invoice.job).unit
        return [self._item(invoice, n, line, unit) for n, line in enumerate(lines)]

    def _item(self, invoice: facts.Invoice, number: int, line: Line, unit: int) -> Row:
        return {
            **invoice_article(line, unit),
            "id": self._item_id(invoice.position * LINES_A_DOCUMENT + number),
            "createdOn": moments.text(invoice.created + number * moments.SECOND),
            "modifiedOn": moments.text(invoice.modified),
            "serviceDate": moments.date_text(invoice.dated),
            "order": number + 1,
            "createdById": 0 if line.sku & 7 == 0 else self._staff.user_id(line.sku),
            "technicianId": self._staff.technician_id(invoice.position),
            "estimateItemId": self._origin(invoice, number),
        }

    def _origin(self, invoice: facts.Invoice, number: int) -> int | None:
        if invoice.source is None or invoice.source == facts.OWN_ITEMS:
            return None
        return self._estimate_item(invoice.source * LINES_A_DOCUMENT + number)

    def _job(self, invoice: facts.Invoice, kind: JobType) -> Row | None:
        if invoice.job is None:
            return None
        number = self._state.jobs.ids.of(invoice.job)
        return {"id": number, "number": str(number), "type": kind.name}

    def _author(self, luck: int) -> Row:
        modified = moments.text(self._state.history.calendar.end - 300 * moments.DAY)
        return {
            "id": self._staff.user_id(luck),
            "name": self._staff.office_name(luck),
            "modifiedOn": modified,
        }

    def _assignee(self, luck: int) -> Row:
        return {"id": self._staff.user_id(luck), "name": self._staff.office_name(luck)}


def _tax_code(place: Place) -> Row:
    rate = Decimal(place.tax_per_10000).scaleb(-4).quantize(Decimal("0.0000000001"))
    return {"id": 300 + place.tax_per_10000, "name": f"{place.city} {place.state}", "taxRate": rate}
