"""The company's data: deterministic, consistent over all feeds, plausible, and not held in memory."""

import json
import re
import tracemalloc
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.sandbox import moments
from config.sandbox.http import encode
from servicetitan.sandbox import Clock, Company
from servicetitan.sandbox.company.layout import Layout
from tests.servicetitan.sandbox.caller import Tables, moment_of

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
ENTITIES = ("customers", "contacts", "locations", "jobs", "appointments", "estimates", "invoices")


def build(customers: int = 60, seed: int = 1, **options: Any) -> Company:
    return Company(customers, seed=seed, clock=Clock.frozen(NOW), **options)


def tables(company: Company) -> Tables:
    return {entity: {row["id"]: row for row in company.records(entity)} for entity in ENTITIES}


def cents(text: object) -> int:
    return int(Decimal(str(text)) * 100)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_bytes(seed: int) -> None:
    first, second = build(seed=seed), build(seed=seed)
    for entity in first.entities:
        assert encode(list(first.records(entity))) == encode(list(second.records(entity)))


def test_another_seed_gives_another_company() -> None:
    assert encode(list(build(seed=1).records("customers"))) != encode(
        list(build(seed=2).records("customers"))
    )


@pytest.mark.parametrize("customers", [1, 2, 9, 10, 11, 57, 400])
def test_any_size_has_about_the_same_proportions(customers: int) -> None:
    counts = build(customers).counts()
    assert counts["customers"] == customers
    assert counts["jobs"] == pytest.approx(2.2 * customers, abs=1.5)
    assert counts["contacts"] == pytest.approx(1.6 * customers, abs=12)
    assert counts["locations"] == pytest.approx(1.3 * customers, abs=12)
    assert counts["appointments"] == pytest.approx(2.5 * customers, abs=12)
    assert counts["estimates"] == pytest.approx(1.1 * customers, abs=12)
    assert counts["invoices"] == pytest.approx(2.3 * customers, abs=3)


def test_a_size_in_records() -> None:
    assert sum(Company.of_records(12_000, clock=Clock.frozen(NOW)).counts().values()) == pytest.approx(
        12_000, rel=0.02
    )


@given(seed=st.integers(0, 10_000), customers=st.integers(1, 700))
@settings(max_examples=20, deadline=None)
def test_who_belongs_to_whom_can_be_asked_from_both_sides(seed: int, customers: int) -> None:
    layout = Layout(seed, customers)
    jobs = defaultdict(list)
    for job in range(layout.counts["jobs"]):
        jobs[layout.visitor(job)].append(job)
    assert all(layout.visits(customer) == jobs[customer] for customer in range(customers))
    for name, parent in (("contacts", "customers"), ("locations", "customers"), ("appointments", "jobs")):
        children = [child for one in range(layout.counts[parent]) for child in layout.children(name, one)]
        assert children == list(range(layout.counts[name]))
        assert all(child in layout.children(name, layout.parent(name, child)[0]) for child in children)


@pytest.fixture(params=[0, 25], ids=["on the first day", "after 25 days"])
def lived(request: pytest.FixtureRequest) -> Tables:
    company = build(120, seed=4, activity=0.6)
    company.clock.advance(timedelta(days=request.param))
    return tables(company)


def test_relations(lived: Tables) -> None:
    customers, jobs, invoices = lived["customers"], lived["jobs"], lived["invoices"]
    for job in jobs.values():
        location = lived["locations"][job["locationId"]]
        assert location["customerId"] == job["customerId"] in customers
        visits = [lived["appointments"][job[name]] for name in ("firstAppointmentId", "lastAppointmentId")]
        assert all(
            visit["jobId"] == job["id"] and visit["customerId"] == job["customerId"] for visit in visits
        )
        assert invoices[job["invoiceId"]]["job"]["id"] == job["id"]
        assert all(lived["estimates"][number]["jobId"] == job["id"] for number in job["estimateIds"])
        assert job["createdFromEstimateId"] is None or job["createdFromEstimateId"] in lived["estimates"]
        assert {job["recallForId"], job["warrantyId"]} <= {None, *jobs}
    for estimate in lived["estimates"].values():
        assert estimate["id"] in jobs[estimate["jobId"]]["estimateIds"]
        assert estimate["customerId"] == jobs[estimate["jobId"]]["customerId"]
    for invoice in invoices.values():
        assert invoice["customer"]["id"] in customers
        if invoice["job"]:
            assert invoice["customer"]["id"] == jobs[invoice["job"]["id"]]["customerId"]
    assert all(row["customerId"] in customers for row in lived["contacts"].values())


def test_appointments_count_those_in_force(lived: Tables) -> None:
    count = Counter(row["jobId"] for row in lived["appointments"].values() if row["active"])
    assert all(job["appointmentCount"] == count[job["id"]] for job in lived["jobs"].values())


def test_every_customer_but_a_merged_one_has_a_place(lived: Tables) -> None:
    owners = {row["customerId"] for row in lived["locations"].values()}
    for customer in lived["customers"].values():
        assert (customer["id"] in owners) == (customer["mergedToId"] is None)
        if customer["mergedToId"]:
            assert customer["active"] is False
            assert customer["mergedToId"] in lived["customers"]


def test_states_agree(lived: Tables) -> None:
    visits = defaultdict(list)
    for visit in lived["appointments"].values():
        if visit["active"]:
            visits[visit["jobId"]].append(visit)
    for job in lived["jobs"].values():
        states = {visit["status"] for visit in visits[job["id"]]}
        if job["jobStatus"] == "Completed":
            assert states == {"Done"}
            assert moment_of(job["completedOn"]) >= max(
                moment_of(visit["end"]) for visit in visits[job["id"]]
            )
        elif job["jobStatus"] == "Canceled":
            assert states == {"Canceled"}
        else:
            assert job["completedOn"] is None
            assert "Canceled" not in states
    for estimate in lived["estimates"].values():
        sold = estimate["status"] == {"value": 1, "name": "Sold"}
        assert sold == (estimate["soldOn"] is not None) == (estimate["soldBy"] is not None)


def test_times_are_in_order(lived: Tables) -> None:
    for rows in lived.values():
        for row in rows.values():
            assert moment_of(row["createdOn"]) <= moment_of(row["modifiedOn"])
    for visit in lived["appointments"].values():
        job = lived["jobs"][visit["jobId"]]
        assert moment_of(job["createdOn"]) <= moment_of(visit["createdOn"])
        assert moment_of(job["createdOn"]) <= moment_of(visit["start"]) < moment_of(visit["end"])
    for job in lived["jobs"].values():
        assert not job["completedOn"] or moment_of(job["completedOn"]) <= moment_of(job["modifiedOn"])
    for estimate in lived["estimates"].values():
        assert moment_of(lived["jobs"][estimate["jobId"]]["createdOn"]) <= moment_of(estimate["createdOn"])
        if estimate["soldOn"]:
            assert (
                moment_of(estimate["createdOn"])
                <= moment_of(estimate["soldOn"])
                <= moment_of(estimate["modifiedOn"])
            )


def test_sums(lived: Tables) -> None:
    due: Counter[int] = Counter()
    for invoice in lived["invoices"].values():
        items = invoice["items"] or []
        subtotal, tax, total = (cents(invoice[name]) for name in ("subTotal", "salesTax", "total"))
        assert subtotal == sum(cents(item["total"]) for item in items)
        assert total == subtotal + tax
        assert cents(invoice["balance"]) in {0, total}
        assert (invoice["paidOn"] is not None) <= (cents(invoice["balance"]) == 0)
        for item in items:
            assert cents(item["total"]) == cents(item["price"]) * Decimal(item["quantity"])
        if invoice["active"]:
            due[invoice["customer"]["id"]] += cents(invoice["balance"])
    for estimate in lived["estimates"].values():
        assert cents(estimate["subtotal"]) == sum(cents(item["total"]) for item in estimate["items"])
    for customer in lived["customers"].values():
        assert cents(customer["balance"]) == due[customer["id"]]
    for job in lived["jobs"].values():
        assert cents(job["total"]) in {0, cents(lived["invoices"][job["invoiceId"]]["total"])}


def test_sold_estimates_become_invoice_items_and_both_say_so(lived: Tables) -> None:
    invoiced = {
        item["id"]: item["estimateItemId"]
        for row in lived["invoices"].values()
        for item in row["items"] or []
    }
    offered = {
        item["id"]: item["invoiceItemId"]
        for row in lived["estimates"].values()
        for item in row["items"] or []
    }
    pairs = {(number, origin) for number, origin in invoiced.items() if origin}
    assert pairs == {(landed, number) for number, landed in offered.items() if landed}
    assert pairs


def test_ids_are_unique_everywhere_and_look_real(lived: Tables) -> None:
    ids = [number for rows in lived.values() for number in rows]
    assert len(set(ids)) == len(ids)
    assert all(100_000_000 <= number < 2**63 for number in ids)


def test_nobody_real_can_be_called_or_written_to(lived: Tables) -> None:
    for contact in lived["contacts"].values():
        if contact["type"] == "Email":
            assert re.fullmatch(r"[a-z0-9.]+@example\.(com|net|org)", contact["value"])
        else:
            assert re.fullmatch(r"\d{3}55501\d\d", re.sub(r"\D", "", contact["value"]))


def test_people_can_be_told_apart_by_their_numbers() -> None:
    values = [row["value"] for row in build(3000).records("contacts")]
    assert len(set(values)) == len(values)


def test_a_plausible_mixture() -> None:
    company = build(1500, seed=8)
    rows = tables(company)
    with_contact = {row["customerId"] for row in rows["contacts"].values()}
    assert 0 < len(rows["customers"].keys() - with_contact) < 400
    assert max(Counter(row["customerId"] for row in rows["contacts"].values()).values()) >= 3
    assert "AZ" in {row["address"]["state"] for row in rows["customers"].values()}
    assert len({row["address"]["state"] for row in rows["customers"].values()}) >= 4
    assert {row["type"] for row in rows["customers"].values()} == {"Residential", "Commercial"}
    done = [row for row in rows["jobs"].values() if row["jobStatus"] == "Completed"]
    assert 0.3 < sum(not row["total"] for row in done) / len(done) < 0.5
    ages = [(NOW - moments.to_datetime(moment_of(row["createdOn"]))).days for row in rows["jobs"].values()]
    assert 3 * 365 < max(ages) <= 4 * 365 + 2
    assert sum(age < 365 for age in ages) > 1.5 * sum(age > 3 * 365 for age in ages)
    upcoming = [
        row for row in rows["appointments"].values() if moment_of(row["start"]) > moments.from_datetime(NOW)
    ]
    assert upcoming
    assert all(row["status"] != "Done" for row in upcoming)


def test_timestamps_carry_mixed_fractions() -> None:
    digits = Counter(
        len(row["modifiedOn"].partition(".")[2].rstrip("Z")) for row in build(300).records("jobs")
    )
    assert digits[7] > 50
    assert digits[0] > 50


def test_some_rows_share_an_instant() -> None:
    changed = Counter(row["modifiedOn"] for row in build(1500).records("jobs"))
    assert max(changed.values()) == 4


def test_id_order_is_not_modification_order() -> None:
    rows = sorted(build().records("jobs"), key=lambda row: moment_of(row["modifiedOn"]))
    ids = [row["id"] for row in rows]
    assert ids != sorted(ids)


@pytest.mark.parametrize(
    ("entity", "least", "most"),
    [
        ("customers", 550, 1200),
        ("jobs", 900, 1800),
        ("appointments", 400, 900),
        ("estimates", 2200, 4000),
        ("invoices", 2800, 4500),
    ],
)
def test_sizes_of_records(entity: str, least: int, most: int) -> None:
    sizes = [len(encode(row)) for row in build(200).records(entity)]
    assert least < sum(sizes) / len(sizes) < most


def test_a_million_records_need_no_memory() -> None:
    tracemalloc.start()
    company = Company.of_records(1_000_000, clock=Clock.frozen(NOW))
    for entity in ENTITIES:
        ledger = company.state.ledgers[entity]
        for position in range(0, ledger.end, ledger.end // 400):
            json.dumps(company.render(entity, ledger.standing_at(position)), default=str)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(company.counts().values()) > 990_000
    assert peak < 25_000_000
