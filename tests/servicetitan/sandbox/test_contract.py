"""Every answer against the vendor's own OpenAPI documents."""

from datetime import timedelta
from typing import Any

import pytest

from servicetitan.sandbox import Company, Sandbox
from tests.servicetitan.sandbox.caller import Caller, Check

LISTS = (
    "crm/customers",
    "crm/customers/custom-fields",
    "crm/locations",
    "jpm/jobs",
    "jpm/jobs/custom-fields",
    "jpm/appointments",
    "jpm/job-types",
    "sales/estimates",
    "sales/estimates/items",
    "accounting/invoices",
    "accounting/invoices/custom-fields",
    "settings/business-units",
    "settings/technicians",
    "settings/employees",
    "settings/tag-types",
)
EXPORTS = (
    "crm/export/customers",
    "crm/export/customers/contacts",
    "crm/export/locations",
    "jpm/export/jobs",
    "jpm/export/appointments",
    "jpm/export/job-history",
    "sales/export/estimates",
    "sales/estimates/export",
    "accounting/export/invoices",
    "accounting/export/invoice-items",
    "settings/export/business-units",
    "settings/export/technicians",
    "settings/export/employees",
    "settings/export/tag-types",
)
SINGLES = {
    "customers": "crm/customers",
    "locations": "crm/locations",
    "jobs": "jpm/jobs",
    "appointments": "jpm/appointments",
    "estimates": "sales/estimates",
}


@pytest.mark.parametrize("path", LISTS)
def test_lists(path: str, caller: Caller, conforms: Check) -> None:
    reply = caller.get(path, pageSize=200, includeTotal="true")
    assert reply.status == 200
    assert reply.json["data"]
    conforms(path, reply)


@pytest.mark.parametrize("path", EXPORTS)
def test_exports_of_a_company_that_has_lived_a_while(
    path: str, app: Sandbox, caller: Caller, conforms: Check
) -> None:
    app.company.clock.advance(timedelta(days=20))
    app.switches = app.switches.changed({"export_batch_size": 400})
    reply = caller.get(path)
    assert reply.json["data"]
    conforms(path, reply)


@pytest.mark.parametrize("entity", SINGLES)
def test_single_records_are_the_list_s_rows(entity: str, caller: Caller, conforms: Check) -> None:
    path = SINGLES[entity]
    row = caller.get(path, pageSize=3).json["data"][1]
    reply = caller.get(f"{path}/{row['id']}")
    conforms(f"{path}/{row['id']}", reply)
    assert reply.json == row


def test_contacts_of_one_and_of_many_customers(company: Company, caller: Caller, conforms: Check) -> None:
    customer = next(row["customerId"] for row in company.records("contacts") if row["active"])
    one = caller.get(f"crm/customers/{customer}/contacts")
    many = caller.get("crm/customers/contacts", customerIds=customer)
    conforms("crm/customers/1/contacts", one)
    conforms("crm/customers/contacts", many)
    assert [row["id"] for row in one.json["data"]] == [row["id"] for row in many.json["data"]] != []


def test_job_history(company: Company, caller: Caller, conforms: Check) -> None:
    number = next(company.records("jobs"))["id"]
    reply = caller.get(f"jpm/jobs/{number}/history")
    conforms(f"jpm/jobs/{number}/history", reply)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("crm/customers", {"sort": "-completedOn"}),
        ("crm/customers", {"active": "Perhaps"}),
        ("crm/customers/contacts", {}),
        ("crm/export/customers", {"from": "no-such-token"}),
        ("jpm/jobs", {"jobStatus": "Finished"}),
        ("jpm/jobs", {"ids": "1,two"}),
        ("jpm/jobs", {"ids": ",".join(map(str, range(51)))}),
        ("jpm/jobs", {"pageSize": 5001}),
        ("jpm/appointments", {"page": 0}),
        ("jpm/appointments", {"startsBefore": "whenever"}),
        ("sales/estimates", {"status": "Lost"}),
        ("accounting/invoices", {"statuses": ["Posted", "Paid"]}),
        ("accounting/invoices", {"activeState": "Any"}),
    ],
)
def test_bad_values_are_refused_in_the_documented_shape(
    path: str, query: dict[str, Any], caller: Caller, conforms: Check
) -> None:
    reply = caller.get(path, **query)
    assert reply.status == 400
    conforms(path, reply)


@pytest.mark.parametrize("path", ["crm/customers/1", "crm/locations/1", "jpm/jobs/1", "jpm/appointments/1"])
def test_unknown_ids(path: str, caller: Caller, conforms: Check) -> None:
    reply = caller.get(path)
    assert reply.status == 404
    conforms(path, reply)


def test_contacts_of_an_inactive_customer_conflict(company: Company, caller: Caller, conforms: Check) -> None:
    number = next(company.records("customers"))["id"]
    company.touch("customers", number, active=False)
    reply = caller.get(f"crm/customers/{number}/contacts")
    assert reply.status == 409
    assert reply.json["title"] == f"Customer ID = {number} is not active"
    conforms("crm/customers/1/contacts", reply)


def test_the_wording_of_a_refused_sort(caller: Caller) -> None:
    errors = caller.get("jpm/jobs", sort="-completedOn").json["errors"]
    assert errors == {"sort": ["The value '-completedOn' is not valid for Sort."]}
