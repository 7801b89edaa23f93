"""The list of routes: path, scope, handler. Paths are those of the OpenAPI documents (contract section 2)."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from config.sandbox.http import Answer, Request
from servicetitan.sandbox.api import filters, query
from servicetitan.sandbox.api.exports import Export
from servicetitan.sandbox.api.feeds import FixedFeed, LedgerFeed
from servicetitan.sandbox.api.lists import SORTS, Listing, any_activity, invoice_activity
from servicetitan.sandbox.api.short_lists import (
    ContactLists,
    EstimateItems,
    JobHistory,
    ShortList,
    history_of,
)
from servicetitan.sandbox.company.company import Company, Row
from servicetitan.sandbox.switches import Switches

Handler = Callable[..., Answer]
_CUSTOMERS, _LOCATIONS, _CONTACTS = "tn.crm.customers:r", "tn.crm.locations:r", "tn.crm.customers:r"
_JOBS, _APPOINTMENTS, _JOB_TYPES = "tn.jpm.jobs:r", "tn.jpm.appointments:r", "tn.jpm.jobtypes:r"
_ESTIMATES, _INVOICES, _ITEMS = "tn.sal.estimates:r", "tn.acc.invoices:r", "tn.acc.invoiceitems:r"


class Route(NamedTuple):
    path: str  # module/resource, {id} for a number
    scope: str
    handler: Handler  # (request, switches[, id])
    when: Callable[[Switches], bool] = lambda switches: True  # otherwise the gateway does not know it


class Found(NamedTuple):
    route: Route
    numbers: tuple[int, ...]


class Router:
    def __init__(self, routes: list[Route]) -> None:
        self.routes = routes
        self._patterns = [
            (re.compile(re.escape(route.path).replace(r"\{id\}", r"(\d{1,18})")), route) for route in routes
        ]

    def find(self, path: str, switches: Switches) -> Found | None:
        for pattern, route in self._patterns:
            match = pattern.fullmatch(path)
            if match and route.when(switches):
                return Found(route, tuple(int(part) for part in match.groups()))
        return None


def routes(company: Company) -> list[Route]:
    return [*_crm(company), *_jpm(company), *_sales(company), *_accounting(company), *_settings(company)]


def _export(company: Company, path: str, scope: str, entity: str, **options: Any) -> Route:
    return Route(path, scope, Export(company, path, entity, LedgerFeed(company, entity), **options))


def _fixed(company: Company, module: str, name: str, scope: str) -> list[Route]:
    feed = Export(company, f"{module}/export/{name}", name, FixedFeed(company, name))
    return [
        Route(f"{module}/{name}", scope, ShortList(company, name)),
        Route(f"{module}/export/{name}", scope, feed),
    ]


def _crm(company: Company) -> list[Route]:
    customers = Listing(company, "customers", filters.CUSTOMERS, narrow=Phones(company))
    locations = Listing(company, "locations", filters.LOCATIONS, narrow=Narrowing(company).locations)
    contacts = ContactLists(company)
    return [
        Route("crm/customers", _CUSTOMERS, customers),
        Route("crm/customers/contacts", _CUSTOMERS, contacts.of_many),
        Route("crm/customers/custom-fields", _CUSTOMERS, ShortList(company, "customer-fields")),
        Route("crm/customers/{id}", _CUSTOMERS, customers.one),
        Route("crm/customers/{id}/contacts", _CUSTOMERS, contacts.of_customer),
        Route("crm/locations", _LOCATIONS, locations),
        Route("crm/locations/{id}", _LOCATIONS, locations.one),
        _export(company, "crm/export/customers", _CUSTOMERS, "customers"),
        _export(company, "crm/export/customers/contacts", _CONTACTS, "contacts"),
        _export(company, "crm/export/locations", _LOCATIONS, "locations"),
    ]


def _jpm(company: Company) -> list[Route]:
    narrow = Narrowing(company)
    jobs = Listing(
        company,
        "jobs",
        filters.JOBS,
        active=any_activity,
        sorts=(*SORTS, "Priority"),
        narrow=narrow.jobs,
        trim=without_active,
    )
    appointments = Listing(company, "appointments", filters.APPOINTMENTS, narrow=narrow.appointments)
    history = LedgerFeed(company, "jobs", lambda job: [_history(company, job)])
    return [
        Route("jpm/jobs", _JOBS, jobs),
        Route("jpm/jobs/custom-fields", _JOBS, ShortList(company, "job-fields")),
        Route("jpm/jobs/{id}", _JOBS, jobs.one),
        Route("jpm/jobs/{id}/history", _JOBS, JobHistory(company).of_job),
        Route("jpm/appointments", _APPOINTMENTS, appointments),
        Route("jpm/appointments/{id}", _APPOINTMENTS, appointments.one),
        Route("jpm/job-types", _JOB_TYPES, ShortList(company, "job-types")),
        _export(company, "jpm/export/jobs", _JOBS, "jobs"),
        _export(company, "jpm/export/appointments", _APPOINTMENTS, "appointments", active=True),
        Route(
            "jpm/export/job-history",
            "tn.jpm.jobhistory:r",
            Export(company, "jpm/export/job-history", "job-history", history),
        ),
    ]


def _sales(company: Company) -> list[Route]:
    estimates = Listing(
        company,
        "estimates",
        filters.ESTIMATES,
        narrow=Narrowing(company).estimates,
        missing=lambda switches: switches.estimate_missing_status,
    )
    new = _export(company, "sales/export/estimates", _ESTIMATES, "estimates")
    legacy = _export(company, "sales/estimates/export", _ESTIMATES, "estimates")
    return [
        Route("sales/estimates", _ESTIMATES, estimates),
        Route("sales/estimates/items", _ESTIMATES, EstimateItems(company)),
        Route("sales/estimates/{id}", _ESTIMATES, estimates.one),
        new._replace(when=lambda switches: switches.estimates_export in {"both", "new"}),
        legacy._replace(when=lambda switches: switches.estimates_export in {"both", "legacy"}),
    ]


def _accounting(company: Company) -> list[Route]:
    invoices = Listing(
        company, "invoices", filters.INVOICES, active=invoice_activity, narrow=Narrowing(company).invoices
    )
    items = LedgerFeed(company, "invoices", lambda invoice: _exported_items(company, invoice))
    return [
        Route("accounting/invoices", _INVOICES, invoices),  # there is no invoices/{id} to read (trap 2)
        Route("accounting/invoices/custom-fields", _INVOICES, ShortList(company, "invoice-fields")),
        _export(company, "accounting/export/invoices", _INVOICES, "invoices"),
        Route(
            "accounting/export/invoice-items",
            _ITEMS,
            Export(company, "accounting/export/invoice-items", "invoice-items", items),
        ),
    ]


def _settings(company: Company) -> list[Route]:
    return [
        *_fixed(company, "settings", "business-units", "tn.stt.businessunits:r"),
        *_fixed(company, "settings", "technicians", "tn.stt.technicians:r"),
        *_fixed(company, "settings", "employees", "tn.stt.employees:r"),
        *_fixed(company, "settings", "tag-types", "tn.stt.tagtypes:r"),
    ]


def without_active(row: Row) -> Row:
    """Jobs show `active` in the export only (trap 5)."""
    return {name: value for name, value in row.items() if name != "active"}


def _exported_items(company: Company, invoice: Any) -> list[Row]:
    number = company.state.invoices.ids.of(invoice.position)
    return [
        {**item, "active": invoice.active, "invoiceId": number} for item in company.accounting.items(invoice)
    ]


def _history(company: Company, job: Any) -> Row:
    row = company.render("jobs", job)
    return {"jobId": row["id"], "history": history_of(row)}


class Narrowing:
    """Which records a parent's id can match, found without looking at all of them."""

    def __init__(self, company: Company) -> None:
        self._state = company.state

    def jobs(self, request: Request) -> list[int] | None:
        customer = self._place(request, "customers", "customerId")
        return None if customer is None else self._state.jobs_of(customer)

    def locations(self, request: Request) -> list[int] | None:
        customer = self._place(request, "customers", "customerId")
        return None if customer is None else self._state.locations_of(customer)

    def appointments(self, request: Request) -> list[int] | None:
        return self._of_job(request, "appointments")

    def estimates(self, request: Request) -> list[int] | None:
        return self._of_job(request, "estimates")

    def invoices(self, request: Request) -> list[int] | None:
        job = self._place(request, "jobs", "jobId")
        return None if job is None else [self._state.jobs.get(job).invoice]

    def _of_job(self, request: Request, name: str) -> list[int] | None:
        """Children from the job's first day and everything made since the clock's start."""
        job = self._place(request, "jobs", "jobId")
        if job is None:
            return None
        ledger = self._state.ledgers[name]
        base = self._state.history.layout.children(name, job) if job < self._state.jobs.base else ()
        return [*base, *range(ledger.base, ledger.total)]

    def _place(self, request: Request, entity: str, parameter: str) -> int | None:
        number = query.integer(request, parameter)
        ledger = self._state.ledgers[entity]
        record = None if number is None else ledger.find(number)
        return None if record is None else int(record.position)


class Phones:
    """Customers by a phone number: the one filter on customers that looks at another entity."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def __call__(self, request: Request) -> set[int] | None:
        wanted = "".join(filter(str.isdigit, request.last("phone") or ""))
        if not wanted:
            return None
        state = self._company.state
        rows = ((contact, self._company.render("contacts", contact)) for contact in state.contacts.all())
        return {contact.customer for contact, row in rows if row["phoneSettings"]["phoneNumber"] == wanted}
