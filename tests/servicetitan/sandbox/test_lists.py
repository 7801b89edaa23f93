"""Lists: paging, order, filters (contract section 2.1)."""

from collections.abc import Callable
from typing import Any

import pytest

from servicetitan.sandbox import Company, Sandbox
from tests.servicetitan.sandbox.caller import Caller, Row, moment_of


def everything(caller: Caller, path: str, **query: Any) -> list[Row]:
    rows, page = [], 1
    while True:
        reply = caller.get(path, page=page, pageSize=7, **query).json
        rows += reply["data"]
        if not reply["hasMore"]:
            return rows
        page += 1


def test_the_envelope(company: Company, caller: Caller) -> None:
    reply = caller.get("jpm/jobs").json
    assert (reply["page"], reply["pageSize"], reply["hasMore"], reply["totalCount"]) == (1, 50, True, None)
    assert len(reply["data"]) == 50
    counted = caller.get("jpm/jobs", includeTotal="true", page=2).json
    assert counted["totalCount"] == company.counts()["jobs"]
    assert counted["page"] == 2
    assert caller.get("jpm/jobs", page=99).json["data"] == []
    assert len(caller.get("jpm/jobs", pageSize=5000).json["data"]) == company.counts()["jobs"]


@pytest.mark.parametrize("path", ["crm/customers", "jpm/jobs", "sales/estimates", "accounting/invoices"])
def test_pages_hold_every_record_once_newest_id_first(path: str, company: Company, caller: Caller) -> None:
    query = {"activeState": "All"} if "invoices" in path else {"active": "Any"}
    ids = [row["id"] for row in everything(caller, path, **query)]
    truth = [row["id"] for row in company.records(path.partition("/")[2])]
    assert ids == sorted(truth, reverse=True)


@pytest.mark.parametrize("path", ["crm/customers", "sales/estimates", "accounting/invoices", "jpm/jobs"])
@pytest.mark.parametrize("field", ["Id", "ModifiedOn", "CreatedOn"])
def test_sorting(path: str, field: str, caller: Caller) -> None:
    name = field[0].lower() + field[1:]
    for sign, reverse in (("+", False), ("-", True)):
        values = [row[name] for row in everything(caller, path, sort=sign + field)]
        values = values if name == "id" else [moment_of(value) for value in values]
        assert values == sorted(values, reverse=reverse)


def test_a_bare_plus_arrives_as_a_blank_and_is_refused(caller: Caller) -> None:
    path = f"/jpm/v2/tenant/{caller.tenant}/jobs"
    assert caller.raw("GET", path, "sort=+Id", headers=caller.headers()).status == 400
    assert caller.raw("GET", path, "sort=%2BId", headers=caller.headers()).status == 200


def test_jobs_sort_by_priority_and_others_do_not(caller: Caller) -> None:
    assert caller.get("jpm/jobs", sort="-Priority", pageSize=1).json["data"][0]["priority"] == "Urgent"
    assert caller.get("jpm/appointments", sort="-Priority").status == 400


def test_order_by_is_the_old_way(caller: Caller) -> None:
    rows = caller.get("sales/estimates", orderBy="Id", orderByDirection="desc").json["data"]
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)


def test_active_only_unless_asked(company: Company, caller: Caller) -> None:
    for row in list(company.records("customers"))[:3]:
        company.touch("customers", row["id"], active=False)
    everyone = company.counts()["customers"]
    active = sum(row["active"] for row in company.records("customers"))
    count = {
        value: caller.get("crm/customers", includeTotal="true", **({"active": value} if value else {})).json[
            "totalCount"
        ]
        for value in ("", "True", "any", "false")
    }
    assert count == {"": active, "True": active, "any": everyone, "false": everyone - active}


def test_invoices_have_another_name_for_it(company: Company, caller: Caller, app: Sandbox) -> None:
    company.touch("invoices", next(company.records("invoices"))["id"], active=False)
    everyone = company.counts()["invoices"]
    active = sum(row["active"] for row in company.records("invoices"))

    def count(**query: Any) -> int:
        return int(caller.get("accounting/invoices", includeTotal="true", **query).json["totalCount"])

    assert count() == count(activeState="ActiveOnly") == active < everyone
    assert count(activeState="All") == everyone
    assert count(activeState="InactiveOnly") == everyone - active
    assert count(active="False") == active  # an unknown parameter here, so ignored
    app.switches = app.switches.changed({"invoices_active_default": "All"})
    assert count() == everyone


def test_jobs_know_no_active(caller: Caller) -> None:
    row = caller.get("jpm/jobs", active="False").json["data"][0]
    assert "active" not in row


def test_unknown_parameters_are_ignored(company: Company, caller: Caller) -> None:
    reply = caller.get("jpm/jobs", modifiedSince="2026-05-01", includeTotal="true", status="Completed")
    assert reply.json["totalCount"] == company.counts()["jobs"]


def test_a_bare_date_is_ignored(company: Company, caller: Caller) -> None:
    reply = caller.get("jpm/jobs", createdOnOrAfter="2026-05-01", includeTotal="true")
    assert reply.json["totalCount"] == company.counts()["jobs"]


def test_times_are_half_open(company: Company, caller: Caller) -> None:
    rows = sorted(company.records("jobs"), key=lambda row: moment_of(row["modifiedOn"]))
    first, last = rows[20]["modifiedOn"], rows[40]["modifiedOn"]
    found = everything(caller, "jpm/jobs", modifiedOnOrAfter=first, modifiedBefore=last)
    assert {row["id"] for row in found} == {row["id"] for row in rows[20:40]}


def test_filters_are_anded(company: Company, caller: Caller) -> None:
    row = next(company.records("jobs"))
    query = {"createdOnOrAfter": row["createdOn"], "modifiedBefore": row["modifiedOn"]}
    assert row["id"] not in {found["id"] for found in everything(caller, "jpm/jobs", **query)}


def test_ids(company: Company, caller: Caller) -> None:
    numbers = [row["id"] for row in company.records("invoices") if row["active"]][:3]
    rows = caller.get("accounting/invoices", ids=",".join(map(str, [*numbers, 1]))).json["data"]
    assert {row["id"] for row in rows} == set(numbers)
    assert caller.get("jpm/jobs", ids=next(company.records("jobs"))["id"]).json["data"] != []


def _same(field: str) -> Callable[[Row, Any], bool]:
    return lambda row, value: bool(row[field] == value)


@pytest.mark.parametrize(
    ("path", "parameter", "value_of", "holds"),
    [
        ("crm/customers", "name", lambda row: row["name"][1:6], lambda row, value: value in row["name"]),
        ("crm/customers", "city", lambda row: row["address"]["city"], lambda r, v: r["address"]["city"] == v),
        ("crm/locations", "customerId", lambda row: row["customerId"], _same("customerId")),
        ("jpm/jobs", "customerId", lambda row: row["customerId"], _same("customerId")),
        ("jpm/jobs", "locationId", lambda row: row["locationId"], _same("locationId")),
        ("jpm/jobs", "number", lambda row: row["jobNumber"], _same("jobNumber")),
        ("jpm/jobs", "jobStatus", lambda row: row["jobStatus"], _same("jobStatus")),
        ("jpm/jobs", "priority", lambda row: row["priority"], _same("priority")),
        ("jpm/jobs", "invoiceId", lambda row: row["invoiceId"], _same("invoiceId")),
        ("jpm/appointments", "jobId", lambda row: row["jobId"], _same("jobId")),
        ("jpm/appointments", "status", lambda row: row["status"], _same("status")),
        ("jpm/appointments", "startsOnOrAfter", lambda row: row["start"], lambda r, v: r["start"] >= v),
        ("sales/estimates", "jobId", lambda row: row["jobId"], _same("jobId")),
        (
            "sales/estimates",
            "status",
            lambda row: row["status"]["name"],
            lambda r, v: r["status"]["name"] == v,
        ),
        ("sales/estimates", "totalGreater", lambda row: 500, lambda r, v: r["subtotal"] + r["tax"] >= v),
        (
            "accounting/invoices",
            "customerId",
            lambda r: r["customer"]["id"],
            lambda r, v: r["customer"]["id"] == v,
        ),
        ("accounting/invoices", "jobId", lambda row: row["job"]["id"], lambda r, v: r["job"]["id"] == v),
        ("accounting/invoices", "statuses", lambda row: row["syncStatus"], _same("syncStatus")),
        ("accounting/invoices", "number", lambda row: row["referenceNumber"], _same("referenceNumber")),
        ("accounting/invoices", "totalLess", lambda row: 300, lambda r, v: float(r["total"]) <= v),
    ],
)
def test_filters(
    path: str,
    parameter: str,
    value_of: Callable[[Row], Any],
    holds: Callable[[Row, Any], bool],
    company: Company,
    caller: Caller,
) -> None:
    entity = path.partition("/")[2]
    truth = [row for row in company.records(entity) if row["active"] or entity == "jobs"]
    example = next(row for row in truth if row.get("job", True))
    value = value_of(example)
    wanted = {
        row["id"] for row in truth if (row.get("job", True) or parameter != "jobId") and holds(row, value)
    }
    found = {row["id"] for row in everything(caller, path, **{parameter: value})}
    assert found == wanted != set()


def test_customers_by_phone(company: Company, caller: Caller) -> None:
    contact = next(row for row in company.records("contacts") if row["type"] == "MobilePhone")
    rows = caller.get("crm/customers", phone=contact["phoneSettings"]["phoneNumber"], active="Any").json[
        "data"
    ]
    assert contact["customerId"] in {row["id"] for row in rows}


def test_a_list_follows_what_happens_between_pages(company: Company, caller: Caller) -> None:
    before = caller.get("crm/customers", includeTotal="true").json["totalCount"]
    company.touch(
        "customers", next(r["id"] for r in company.records("customers") if r["active"]), active=False
    )
    assert caller.get("crm/customers", includeTotal="true").json["totalCount"] == before - 1


def test_estimate_items(company: Company, caller: Caller) -> None:
    estimate = next(row for row in company.records("estimates") if row["active"] and len(row["items"]) > 1)
    by_estimate = caller.get("sales/estimates/items", estimateId=estimate["id"]).json["data"]
    assert by_estimate == estimate["items"]
    item = estimate["items"][1]
    assert caller.get("sales/estimates/items", ids=item["id"]).json["data"] == [item]
