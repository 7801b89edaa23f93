"""What templates may name, of real rows: as people write it, in the company's time zone, and nothing where there is nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from automation.messaging.wording.facts import Facts, facts_of, sample
from automation.messaging.wording.names import KNOWN, names_of
from automation.workflows.entities import ENTITIES
from tests.automation.messaging.conftest import NOON, unit
from tests.mirror import customer, estimate, load

__all__ = ["unit"]

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture(autouse=True)
def acting(unit: None, company: Settings) -> None:
    company.HUB_COMPANY_BOOKING_LINK = ""


def of(entity: str, id: int, now: datetime = NOON) -> Facts:
    return facts_of(entity, [id], now)[id]


def job(id: int, **more: Any) -> dict[str, Any]:
    return {"id": id, "active": True, "customerId": 1, "jobNumber": str(id), "jobTypeId": 5, "businessUnitId": 6} | more


def appointment(id: int, **more: Any) -> dict[str, Any]:
    return {"id": id, "active": True, "jobId": 7, "customerId": 1, "appointmentNumber": f"{id}-1", "status": "Scheduled"} | more


def mesa(day: int, hour: int, minute: int = 0) -> str:
    """Of November 2026, in the company's zone, seven hours behind UTC."""
    return (datetime(2026, 11, day, hour, minute, tzinfo=UTC) + timedelta(hours=7)).isoformat()


def test_an_estimate_with_all_around_it() -> None:
    load("customers", customer(1, "Lee, Ann"))
    load("job_types", {"id": 5, "active": True, "name": "Repair"})
    load("business_units", {"id": 6, "active": True, "name": "HVAC  Service"})
    load("jobs", job(7, summary="AC does\nnot  cool", completedOn=mesa(23, 23, 30)))
    load("estimates", estimate(3, 1, subtotal=8420, tax=684.5, jobId=7, createdOn=mesa(21, 23), summary=" "))
    assert of("estimate", 3) == {
        "estimate": {
            "name": "Heat pump 3", "number": "3", "subtotal": "$8,420", "total": "$9,104.50", "days_ago": 3,
            "created": "Saturday, November 21", "id": "3",
        },
        "job": {
            "number": "7", "type": "Repair", "business_unit": "HVAC Service", "summary": "AC does not cool",
            "completed": "Monday, November 23", "id": "7",
        },
        "customer": {"name": "Lee, Ann", "first_name": "Ann", "city": "Mesa", "street": "1 Oak Street", "id": "1"},
        "company": {"name": "Desert Air", "phone": "(480) 555-0100", "review_link": "https://example.com/review"},
    }  # fmt: skip


def test_what_is_not_mirrored_yet_is_missing() -> None:
    load("estimates", estimate(3, 99, tax=80.5, name=None, createdOn=None) | {"subtotal": None})
    known = of("estimate", 3)
    assert known["customer"] == known["job"] == {} and known["estimate"] == {"number": "3", "id": "3"}
    assert facts_of("estimate", [4], NOON) == {}


def test_amounts() -> None:
    said = {
        0: None, -50: None, 0.004: None, 0.01: "$0.01", 7: "$7", 1234.5: "$1,234.50", 1234567.891: "$1,234,567.89",
        99.999: "$100",
    }  # fmt: skip
    load("estimates", *(estimate(id, 1, subtotal=amount, tax=0) for id, amount in enumerate(said)))
    found = facts_of("estimate", range(len(said)), NOON)
    for id, text in enumerate(said.values()):
        assert found[id]["estimate"].get("subtotal") == text == found[id]["estimate"].get("total")


def test_a_first_name_is_a_persons() -> None:
    home = "Residential"
    cases = [("Ann Lee", home, "Ann"), ("Ann Lee", None, "Ann"), ("Ann Lee", "Commercial", None), (None, home, None)]
    load("customers", *(customer(id) | {"name": name, "type": kind} for id, (name, kind, _) in enumerate(cases)))
    found = facts_of("customer", range(len(cases)), NOON)
    for id, (_, _, first) in enumerate(cases):
        assert found[id]["customer"].get("first_name") == first


def test_the_day_of_an_appointment_by_the_companys_calendar() -> None:
    cases = {
        mesa(24, 0): "today", mesa(24, 23, 59): "today", mesa(25, 0): "tomorrow", mesa(25, 23, 59): "tomorrow",
        mesa(26, 0): "on Thursday, November 26", mesa(23, 12): "on Monday, November 23",
    }  # fmt: skip
    load("appointments", *(appointment(id, start=start) for id, start in enumerate(cases)))
    for now in (datetime(2026, 11, 24, 7, tzinfo=UTC), datetime(2026, 11, 25, 6, 59, tzinfo=UTC)):
        found = facts_of("appointment", range(len(cases)), now)
        assert [found[id]["appointment"]["when"] for id in range(len(cases))] == list(cases.values())


def test_when_the_technician_comes() -> None:
    window = {"arrivalWindowStart": mesa(25, 8), "arrivalWindowEnd": mesa(25, 12)}
    cases: list[tuple[dict[str, str], str | None]] = [
        ({"start": mesa(25, 8)}, "at 8 AM"),
        ({"start": mesa(25, 12, 30)}, "at 12:30 PM"),
        ({"start": mesa(25, 8), "arrivalWindowStart": mesa(25, 9)}, "at 9 AM"),
        ({"start": mesa(25, 8), "arrivalWindowEnd": mesa(25, 12)}, "at 8 AM"),
        ({"start": mesa(25, 8), **window}, "between 8 AM and 12 PM"),
        (window, "between 8 AM and 12 PM"),
        ({"start": mesa(25, 8), "arrivalWindowStart": mesa(25, 13), "arrivalWindowEnd": mesa(25, 13)}, "at 1 PM"),
        ({"arrivalWindowStart": mesa(25, 0), "arrivalWindowEnd": mesa(25, 0, 45)}, "between 12 AM and 12:45 AM"),
        ({}, None),
    ]
    load("appointments", *(appointment(id, **times) for id, (times, _) in enumerate(cases)))
    found = facts_of("appointment", range(len(cases)), NOON)
    assert [found[id]["appointment"].get("window") for id in range(len(cases))] == [said for _, said in cases]


def test_an_invoice_is_due_on_its_calendar_day() -> None:
    """ServiceTitan writes days as midnight UTC: in Phoenix that is the evening before."""
    load("invoices", {"id": 9, "active": True, "referenceNumber": "INV-9", "total": "412.80", "balance": "412.80",
                      "dueDate": "2026-11-20T00:00:00Z", "customer": {"id": 1}, "job": {"id": 7, "type": "Repair"}})  # fmt: skip
    evening = datetime(2026, 11, 25, 5, tzinfo=UTC)  # the 24th in Phoenix
    assert of("invoice", 9, evening)["invoice"] == {
        "number": "INV-9", "total": "$412.80", "balance": "$412.80", "due": "Friday, November 20", "days_overdue": 4,
        "job_type": "Repair", "id": "9",
    }  # fmt: skip
    load("invoices", {"id": 9, "active": True, "balance": "0", "dueDate": "2026-12-20T00:00:00Z"})
    paid = of("invoice", 9, evening)["invoice"]
    assert "balance" not in paid and paid["days_overdue"] == 0


def test_many_records_are_one_query() -> None:
    load("customers", *(customer(id) for id in range(1, 31)))
    load("jobs", *(job(id, customerId=id) for id in range(1, 31)))
    with CaptureQueriesContext(connections["automation"]) as queries:
        found = facts_of("job", range(1, 31), NOON)
    assert len(found) == 30 and found[30]["customer"]["name"] == "Customer 30"
    assert len(queries) == 1 and '"raw"' not in queries[0]["sql"]


def test_a_protocol_in_a_summary_is_cut() -> None:
    load("jobs", job(7, summary="very " * 1000))
    said = str(of("job", 7)["job"]["summary"])
    assert len(said) <= 1000 and said.endswith("very...")


def test_examples_name_what_records_have() -> None:
    assert set(KNOWN) == set(ENTITIES)
    for entity in KNOWN:
        names = names_of(entity)
        assert {f"{about}.{name}" for about, part in sample(entity).items() for name in part} == set(names)
        assert all(known.what and known.example for known in names.values())
