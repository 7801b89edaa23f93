"""Lists of what hardly changes (business units, ...) and the odd ones: contacts, items, history."""

from collections.abc import Callable
from typing import Any

from config.sandbox import moments
from config.sandbox.http import Answer, Request, json_answer
from servicetitan.sandbox.api import query
from servicetitan.sandbox.api.errors import ApiError, not_found
from servicetitan.sandbox.api.filters import FIXED
from servicetitan.sandbox.api.lists import envelope
from servicetitan.sandbox.company.company import Company, Row
from servicetitan.sandbox.dirt import Dirt
from servicetitan.sandbox.switches import Switches

_RANGES: tuple[tuple[str, str, Callable[[int, int], bool]], ...] = (
    ("createdOnOrAfter", "createdOn", lambda value, limit: value >= limit),
    ("createdBefore", "createdOn", lambda value, limit: value < limit),
    ("modifiedOnOrAfter", "modifiedOn", lambda value, limit: value >= limit),
    ("modifiedBefore", "modifiedOn", lambda value, limit: value < limit),
)


def page_of(request: Request, rows: list[Row], switches: Switches, entity: str) -> Answer:
    """One page of rows that are all at hand."""
    paging = query.paging(request)
    first = (paging.page - 1) * paging.size
    page = [Dirt(switches).row(entity, row) for row in rows[first : first + paging.size]]
    return envelope(paging, page, len(rows))


def within_times(request: Request, rows: list[Row]) -> list[Row]:
    for parameter, field, holds in _RANGES:
        limit = query.moment(request, parameter)
        if limit is not None:
            rows = [row for row in rows if holds(moments.parse(row[field]) or 0, limit)]
    return rows


class ShortList:
    def __init__(self, company: Company, entity: str, trim: Callable[[Row], Row] = lambda row: row) -> None:
        self._company = company
        self._entity = entity
        self._trim = trim

    def __call__(self, request: Request, switches: Switches) -> Answer:
        rows = within_times(request, self._company.fixed(self._entity))
        ids = query.integers(request, "ids")
        if ids is not None:
            rows = [row for row in rows if row["id"] in ids]
        active = query.active_filter(request, "True")
        if active is not None:
            rows = [row for row in rows if row.get("active", True) == active]
        for one in FIXED.get(self._entity, ()):
            value = one.read(request, one.parameter)
            if value is not None:
                rows = [row for row in rows if one.keeps(row, value)]
        order = query.sort(request, ("Id", "Name", "ModifiedOn", "CreatedOn")) or query.Sort("Id", False)
        field = order.field[0].lower() + order.field[1:]
        rows.sort(key=lambda row: row[field], reverse=order.descending)
        return page_of(request, [self._trim(row) for row in rows], switches, self._entity)


class ContactLists:
    """Phones and e-mails: of one customer, or of several or of a span of time."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def of_customer(self, request: Request, switches: Switches, number: int) -> Answer:
        company = self._company
        with company.lock:
            company.now()
            customer = company.state.customers.find(number)
            if customer is None:
                raise not_found("Customer", number)
            if not customer.active and switches.inactive_contacts_conflict:
                raise ApiError(409, f"Customer ID = {number} is not active")
            rows = [_without(row, "customerId", "active") for row in self._rows([customer.position])]
        return page_of(request, rows, switches, "contacts")

    def of_many(self, request: Request, switches: Switches) -> Answer:
        company = self._company
        customers = query.integers(request, "customerIds")
        if customers is None and not any(
            request.last(name) for name in ("modifiedBefore", "modifiedOnOrAfter")
        ):
            raise ApiError(
                400,
                "One or more validation errors occurred.",
                {
                    "customerIds": [
                        "Either customerIds, modifiedBefore or modifiedOnOrAfter must be specified."
                    ]
                },
            )
        with company.lock:
            company.now()
            found = [company.state.customers.ids.index(number) for number in customers or []]
            indexes = [index for index in found if index is not None]
            rows = self._rows(indexes) if customers is not None else self._all()
        rows = [_without(row, "active") for row in within_times(request, rows)]
        return page_of(request, rows, switches, "contacts")

    def _rows(self, customers: list[int]) -> list[Row]:
        state = self._company.state
        known = [customer for customer in customers if state.customers.exists(customer)]
        contacts = [state.contacts.get(index) for customer in known for index in state.contacts_of(customer)]
        return [self._company.render("contacts", contact) for contact in contacts if contact.active]

    def _all(self) -> list[Row]:
        return [row for row in self._company.records("contacts") if row["active"]]


class EstimateItems:
    def __init__(self, company: Company) -> None:
        self._company = company

    def __call__(self, request: Request, switches: Switches) -> Answer:
        """By estimate or item ids; without either, those of all (a small company's question)."""
        active = query.active_filter(request, "True")
        with self._company.lock:
            self._company.now()
            estimates = [one for one in self._estimates(request) if active is None or one.active == active]
            rows = [row for one in estimates for row in self._company.sales.items(one)]
        ids = query.integers(request, "ids")
        rows = [row for row in within_times(request, rows) if ids is None or row["id"] in ids]
        return page_of(request, rows, switches, "estimate-items")

    def _estimates(self, request: Request) -> list[Any]:
        ledger = self._company.state.estimates
        number = query.integer(request, "estimateId")
        ids = query.integers(request, "ids")
        if number is not None:
            found = [ledger.find(number)]
        elif ids is not None:
            found = [self._company.sales.item_estimate(item) for item in ids]
        else:
            return list(ledger.all())
        return list({one.position: one for one in found if one is not None}.values())


def _without(row: Row, *fields: str) -> Row:
    return {name: value for name, value in row.items() if name not in fields}


class JobHistory:
    """The log of one job: booked, dispatched, done. Derived from the job as it is now."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def of_job(self, request: Request, switches: Switches, number: int) -> Answer:
        row = self._company.record("jobs", number)
        if row is None:
            raise not_found("Job", number)
        return json_answer({"history": [{**entry, "memo": ""} for entry in history_of(row)]})


def history_of(job: Row) -> list[Row]:
    steps = [("Job Booked", job["createdOn"])]
    if job["completedOn"]:
        steps.append(("Job Completed", job["completedOn"]))
    if job["jobStatus"] == "Canceled":
        steps.append(("Job Canceled", job["modifiedOn"]))
    return [
        {
            "id": job["id"] * 10 + place,
            "employeeId": job["createdById"],
            "eventType": event,
            "date": date,
            "usedSchedulingTool": "Manual",
        }
        for place, (event, date) in enumerate(steps)
    ]
