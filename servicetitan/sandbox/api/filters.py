"""The list filters of each entity (contract section 2.1): how a value is read and which rows it keeps."""

from collections.abc import Callable
from typing import Any, NamedTuple

from config.sandbox import moments
from config.sandbox.http import Request
from servicetitan.sandbox.api import query
from servicetitan.sandbox.api.errors import bad_parameter
from servicetitan.sandbox.company.company import Row

JOB_STATUSES = ("Scheduled", "Dispatched", "InProgress", "Hold", "Completed", "Canceled")
VISIT_STATUSES = ("Scheduled", "Dispatched", "Working", "Hold", "Done", "Canceled")
PRIORITIES = ("Low", "Normal", "High", "Urgent")
TRANSACTIONS = ("Pending", "Posted", "Exported")
REVIEWS = ("NeedsReview", "OnHold", "Reviewed", "PendingApproval", "Rejected", "ReadyForBilling", "Invoiced")
CONFIGURATIONS = (
    "JobInvoice",
    "ProjectInvoice",
    "CounterSales",
    "MembershipInvoice",
    "InterestChargeInvoice",
    "ARImportInvoice",
)


class Filter(NamedTuple):
    parameter: str
    read: Callable[[Request, str], Any]  # None: not given
    keeps: Callable[[Row, Any], bool]


def equal(parameter: str, field: str | None = None) -> Filter:
    name = field or parameter
    return Filter(parameter, query.integer, lambda row, value: bool(row[name] == value))


def nested(parameter: str, outer: str, inner: str = "id") -> Filter:
    return Filter(parameter, query.integer, lambda row, value: bool((row[outer] or {}).get(inner) == value))


def text(parameter: str, field: str | None = None) -> Filter:
    name = field or parameter
    return Filter(parameter, _given, lambda row, value: str(row[name]) == value)


def contains(parameter: str) -> Filter:
    return Filter(parameter, _given, lambda row, value: value.lower() in str(row[parameter]).lower())


def address(parameter: str) -> Filter:
    return Filter(
        parameter,
        _given,
        lambda row, value: value.lower() in str(row["address"].get(parameter) or "").lower(),
    )


def one_of(parameter: str, field: str, allowed: tuple[str, ...]) -> Filter:
    return Filter(parameter, lambda request, name: query.word(request, name, allowed), _same(field))


def any_of(parameter: str, field: str, allowed: tuple[str, ...]) -> Filter:
    return Filter(
        parameter,
        lambda request, name: query.words(request, name, allowed),
        lambda row, value: row[field] in value,
    )


def listed(parameter: str, field: str) -> Filter:
    """Rows that have one of the given ids in a list field."""
    return Filter(parameter, query.integers, lambda row, value: not set(value).isdisjoint(row[field]))


def since(parameter: str, field: str) -> Filter:
    return Filter(parameter, query.moment, lambda row, value: (_time(row, field) or -1) >= value)


def before(parameter: str, field: str) -> Filter:
    return Filter(parameter, query.moment, lambda row, value: 0 <= (_time(row, field) or -1) < value)


def amount(parameter: str, total: Callable[[Row], float], more: bool) -> Filter:
    return Filter(
        parameter,
        query.number,
        lambda row, value: total(row) >= value if more else total(row) <= value,
    )


def flag(parameter: str, field: str) -> Filter:
    return Filter(parameter, _flag, _same(field))


def _same(field: str) -> Callable[[Row, Any], bool]:
    return lambda row, value: bool(row[field] == value)


def _given(request: Request, name: str) -> str | None:
    return request.last(name) or None


def _flag(request: Request, name: str) -> bool | None:
    return query.boolean(request, name) if request.last(name) else None


def _time(row: Row, field: str) -> int | None:
    value = row[field]
    return moments.parse(value) if value else None


def _balance(request: Request, name: str) -> tuple[float, str] | None:
    """balanceFilter.Balance with balanceFilter.Comparer, Equals when that is left out."""
    value = query.number(request, name)
    comparer = query.word(request, "balanceFilter.Comparer", ("Equals", "NotEquals", "Greater", "Less"))
    return None if value is None else (value, comparer or "Equals")


def _compared(row: Row, value: tuple[float, str]) -> bool:
    balance, (than, how) = float(row["balance"]), value
    return {"Equals": balance == than, "NotEquals": balance != than, "Greater": balance > than}.get(
        how, balance < than
    )


def _estimate_status(request: Request, name: str) -> str | None:
    value = request.last(name)
    if value and value.lower() not in {"open", "sold", "dismissed"}:
        raise bad_parameter(name, value)
    return value.lower() if value else None


_ADDRESS = tuple(address(part) for part in ("street", "unit", "city", "state", "zip", "country"))

CUSTOMERS = (contains("name"), *_ADDRESS)
LOCATIONS = (contains("name"), *_ADDRESS, equal("customerId"))
JOBS = (
    text("number", "jobNumber"),
    one_of("jobStatus", "jobStatus", JOB_STATUSES),
    one_of("priority", "priority", PRIORITIES),
    *(
        equal(name)
        for name in (
            "projectId",
            "bookingId",
            "customerId",
            "locationId",
            "soldById",
            "jobTypeId",
            "campaignId",
            "businessUnitId",
            "invoiceId",
            "createdFromEstimateId",
        )
    ),
    listed("estimateIds", "estimateIds"),
    listed("tagTypeIds", "tagTypeIds"),
    listed("equipmentIds", "equipmentIds"),
    since("completedOnOrAfter", "completedOn"),
    before("completedBefore", "completedOn"),
)
APPOINTMENTS = (
    equal("jobId"),
    equal("customerId"),
    text("number", "appointmentNumber"),
    one_of("status", "status", VISIT_STATUSES),
    since("startsOnOrAfter", "start"),
    before("startsBefore", "start"),
    flag("unused", "unused"),
)
ESTIMATES = (
    *(equal(name) for name in ("jobId", "projectId", "locationId")),
    text("jobNumber"),
    amount("totalGreater", lambda row: row["subtotal"] + row["tax"], more=True),
    amount("totalLess", lambda row: row["subtotal"] + row["tax"], more=False),
    equal("soldById", "soldBy"),
    equal("soldByEmployeeId", "soldBy"),
    since("soldAfter", "soldOn"),
    before("soldBefore", "soldOn"),
    Filter("status", _estimate_status, lambda row, value: bool(row["status"]["name"].lower() == value)),
)
INVOICES = (
    any_of("statuses", "syncStatus", TRANSACTIONS),
    any_of("reviewStatuses", "reviewStatus", REVIEWS),
    any_of("invoiceConfigurations", "invoiceConfiguration", CONFIGURATIONS),
    nested("batchId", "batch"),
    nested("jobId", "job"),
    nested("customerId", "customer"),
    nested("businessUnitId", "businessUnit"),
    Filter("jobNumber", _given, lambda row, value: (row["job"] or {}).get("number") == value),
    text("number", "referenceNumber"),
    equal("adjustmentToId"),
    since("invoicedOnOrAfter", "invoiceDate"),
    before("invoicedOnBefore", "invoiceDate"),
    since("dueDateOnOrAfter", "dueDate"),
    before("dueDateBefore", "dueDate"),
    amount("totalGreater", lambda row: float(row["total"]), more=True),
    amount("totalLess", lambda row: float(row["total"]), more=False),
    Filter("balanceFilter.Balance", _balance, _compared),
)
FIXED = {
    "job-types": (contains("name"), one_of("priority", "priority", PRIORITIES)),
    "business-units": (contains("name"),),
    "technicians": (contains("name"),),
    "employees": (contains("name"), text("email")),
}
