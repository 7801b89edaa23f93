"""Time that moves: the same state in however many steps, every change seen in modifiedOn."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.sandbox.http import encode
from servicetitan.sandbox import Clock, Company
from tests.servicetitan.sandbox.caller import Tables, moment_of

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
ENTITIES = ("customers", "contacts", "locations", "jobs", "appointments", "estimates", "invoices")


def build(customers: int = 40, seed: int = 1, activity: float = 1.0) -> Company:
    return Company(customers, seed=seed, clock=Clock.frozen(NOW), activity=activity)


def picture(company: Company) -> Tables:
    return {entity: {row["id"]: row for row in company.records(entity)} for entity in ENTITIES}


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 99), hours=st.lists(st.integers(1, 90), min_size=1, max_size=8))
def test_one_step_or_many_lead_to_the_same_state(seed: int, hours: list[int]) -> None:
    walking, jumping = build(seed=seed), build(seed=seed)
    for part in hours:
        walking.clock.advance(timedelta(hours=part))
        walking.now()
    jumping.clock.advance(timedelta(hours=sum(hours)))
    assert encode(picture(walking)) == encode(picture(jumping))
    assert walking.life.happened == jumping.life.happened


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 999))
def test_whatever_changes_moves_its_modification_time(seed: int) -> None:
    company = build(seed=seed, activity=2.0)
    before = picture(company)
    for _ in range(6):
        company.clock.advance(timedelta(hours=30))
        after = picture(company)
        for entity in ENTITIES:
            for number, row in after[entity].items():
                old = before[entity].get(number)
                if old is not None and old != row:
                    assert moment_of(old["modifiedOn"]) < moment_of(row["modifiedOn"]), (old, row)
        before = after


def test_about_the_share_of_customers_asked_for() -> None:
    company = Company(2000, clock=Clock.frozen(NOW))
    company.clock.advance(timedelta(days=10))
    company.now()
    assert company.life.happened == pytest.approx(0.015 * 2000 * 10, abs=1)


def test_everything_that_can_happen_does() -> None:
    company = build(150, seed=5, activity=1.0)
    before = picture(company)
    company.clock.advance(timedelta(days=40))
    after = picture(company)
    new = {
        entity: [after[entity][n] for n in after[entity].keys() - before[entity].keys()]
        for entity in ENTITIES
    }
    assert all(new[entity] for entity in ENTITIES)
    changed: Counter[str] = Counter()
    for entity in ENTITIES:
        for number in after[entity].keys() & before[entity].keys():
            old, row = before[entity][number], after[entity][number]
            changed.update(f"{entity}.{name}" for name in row if row[name] != old[name])
    for field in (
        "customers.address",
        "customers.balance",
        "customers.active",
        "customers.mergedToId",
        "customers.doNotMail",
        "contacts.value",
        "locations.customerId",
        "jobs.jobStatus",
        "jobs.completedOn",
        "jobs.customerId",
        "jobs.total",
        "appointments.start",
        "appointments.isConfirmed",
        "appointments.status",
        "estimates.soldOn",
        "estimates.active",
        "invoices.balance",
        "invoices.paidOn",
        "invoices.items",
    ):
        assert changed[field], field
    gone = {entity: before[entity].keys() - after[entity].keys() for entity in ENTITIES}
    assert gone["contacts"] or gone["estimates"]
    assert any(not row["active"] for row in after["appointments"].values())
    assert any(row["createdFromEstimateId"] for row in after["jobs"].values())


def test_a_changed_number_does_not_touch_the_customer() -> None:
    company = build(300, activity=0.2)
    before = picture(company)
    company.clock.advance(timedelta(days=10))
    after = picture(company)
    moved = [
        row
        for number, row in after["contacts"].items()
        if number in before["contacts"] and row["value"] != before["contacts"][number]["value"]
    ]
    assert any(
        after["customers"][row["customerId"]] == before["customers"][row["customerId"]]
        for row in moved
        if row["customerId"] in after["customers"]
    )


def test_what_is_kept_grows_with_events_and_not_with_the_company() -> None:
    kept = []
    for customers in (500, 50_000):
        company = Company(customers, clock=Clock.frozen(NOW), activity=200 / customers)
        company.clock.advance(timedelta(days=5))
        company.now()
        kept.append(sum(ledger.changes for ledger in company.state.ledgers.values()))
    assert kept[1] < 1.5 * kept[0]


def test_reset_is_the_first_day() -> None:
    company = build()
    first = encode(picture(company))
    company.clock.advance(timedelta(days=9))
    assert encode(picture(company)) != first
    company.reset()
    assert encode(picture(company)) == first


def test_a_running_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(NOW, speed=3600)
    real = clock._real
    monkeypatch.setattr("time.time", lambda: real + 2)
    assert clock.now() == NOW + timedelta(hours=2)
    clock.advance(timedelta(days=1))
    assert clock.now() == NOW + timedelta(days=1, hours=2)


def test_a_clock_since_its_start_shows_real_time() -> None:
    now = datetime.now(UTC)
    assert abs(Clock(now - timedelta(days=3), since_start=True).now() - now) < timedelta(seconds=5)


def test_time_moves_forward_only() -> None:
    with pytest.raises(ValueError, match="forward"):
        Clock.frozen(NOW).advance(timedelta(seconds=-1))
    with pytest.raises(ValueError, match="time zone"):
        Clock(NOW.replace(tzinfo=None))
