"""Export feeds: tokens, lag, order, and that nothing is ever lost (contract section 2.3)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.sandbox import moments
from config.sandbox.http import encode
from servicetitan.sandbox import Clock, Company, Switches, create_app
from tests.servicetitan.sandbox.caller import Caller, Row, moment_of

ENTITIES = ("customers", "contacts", "locations", "jobs", "appointments", "estimates", "invoices")


def truth(company: Company, entity: str) -> dict[int, Row]:
    return {row["id"]: json.loads(encode(row)) for row in company.records(entity)}


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_full_export_is_the_company(
    entity: str, company: Company, caller: Caller, feeds: dict[str, str]
) -> None:
    company.clock.advance(timedelta(days=15))
    company.now()
    company.clock.advance(timedelta(minutes=16))
    batches = list(caller.follow(feeds[entity]))
    rows = [row for batch in batches for row in batch["data"]]
    assert {row["id"]: row for row in rows} == truth(company, entity)
    assert len(rows) == company.counts()[entity]
    assert all(len(batch["data"]) == 25 for batch in batches[:-1])
    changed = [moment_of(row["modifiedOn"]) for row in rows]
    assert changed == sorted(changed)


def test_inactive_rows_are_included(company: Company, caller: Caller, feeds: dict[str, str]) -> None:
    company.touch("customers", next(company.records("customers"))["id"], active=False)
    company.clock.advance(timedelta(minutes=16))
    assert {row["active"] for row in caller.rows(feeds["customers"])} == {True, False}


def test_caught_up_means_the_same_token_and_nothing_new(caller: Caller, feeds: dict[str, str]) -> None:
    last = list(caller.follow(feeds["jobs"]))[-1]
    again = caller.get(feeds["jobs"], **{"from": last["continueFrom"]}).json
    assert again == {"hasMore": False, "continueFrom": last["continueFrom"], "data": []}


def test_the_token_moves_with_every_batch(caller: Caller, feeds: dict[str, str]) -> None:
    tokens = [batch["continueFrom"] for batch in caller.follow(feeds["jobs"])]
    assert len(set(tokens)) == len(tokens) > 2


def test_tokens_are_opaque_and_need_encoding_in_a_url(caller: Caller, feeds: dict[str, str]) -> None:
    token = caller.get(feeds["jobs"]).json["continueFrom"]
    assert set(token) & set("+/=")
    assert "jobs" not in token


def test_a_token_can_be_used_again_and_for_ever(
    company: Company, caller: Caller, feeds: dict[str, str]
) -> None:
    token = caller.get(feeds["jobs"]).json["continueFrom"]
    first = caller.get(feeds["jobs"], **{"from": token})
    company.clock.advance(timedelta(days=400))
    again = caller.get(feeds["jobs"], **{"from": token})
    assert again.status == 200
    assert {row["id"] for row in again.json["data"]} >= {
        row["id"] for row in first.json["data"] if truth(company, "jobs")[row["id"]] == row
    }


def test_a_token_is_bound_to_its_endpoint(caller: Caller, feeds: dict[str, str]) -> None:
    token = caller.get(feeds["jobs"]).json["continueFrom"]
    reply = caller.get(feeds["customers"], **{"from": token})
    assert reply.status == 400
    assert list(reply.json["errors"]) == ["from"]
    legacy = caller.get("sales/export/estimates").json["continueFrom"]
    assert caller.get("sales/estimates/export", **{"from": legacy}).status == 400


def test_tokens_survive_a_restart(call: type[Caller], feeds: dict[str, str]) -> None:
    def start() -> Caller:
        clock = Clock.frozen(Clock.frozen(company_start()).now())
        return call(create_app(Company(30, seed=9, clock=clock), Switches(export_batch_size=10)))

    token = start().get(feeds["jobs"]).json["continueFrom"]
    other = start()
    assert (
        other.get(feeds["jobs"], **{"from": token}).json["data"]
        == list(other.follow(feeds["jobs"]))[1]["data"]
    )


def company_start() -> datetime:
    return datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("form", ["{0}", "{1}", "{1}+00:00"])
def test_from_a_date_or_a_moment(form: Any, company: Company, caller: Caller, feeds: dict[str, str]) -> None:
    rows = sorted(company.records("jobs"), key=lambda row: moment_of(row["modifiedOn"]))
    pivot = moment_of(rows[40]["modifiedOn"])
    stamp = moments.text(pivot - pivot % moments.SECOND).rstrip("Z")
    start = form.format(stamp[:10], stamp)
    wanted = {row["id"] for row in rows if moment_of(row["modifiedOn"]) >= moment_of(start)}
    assert {row["id"] for row in caller.rows(feeds["jobs"], **{"from": start})} == wanted != set()


def test_fifteen_minutes_of_lag(company: Company, caller: Caller, feeds: dict[str, str]) -> None:
    token = list(caller.follow(feeds["jobs"]))[-1]["continueFrom"]
    number = next(company.records("jobs"))["id"]
    company.touch("jobs", number, status="Hold")
    assert caller.get(feeds["jobs"], **{"from": token}).json["data"] == []
    company.clock.advance(timedelta(minutes=15))
    assert [row["id"] for row in caller.get(feeds["jobs"], **{"from": token}).json["data"]] == [number]


def test_recent_changes_come_at_once_and_again(
    company: Company, call: type[Caller], feeds: dict[str, str]
) -> None:
    company = Company(30, seed=3, clock=Clock.frozen(company_start()), activity=0)
    caller = call(create_app(company))
    number = next(company.records("jobs"))["id"]
    company.touch("jobs", number, status="Hold")
    query = {"includeRecentChanges": "true"}
    token = list(caller.follow(feeds["jobs"], **query))[-1]["continueFrom"]
    for _ in range(2):
        company.clock.advance(timedelta(minutes=5))
        batch = caller.get(feeds["jobs"], **{"from": token}, **query).json
        assert [row["id"] for row in batch["data"]] == [number]
        assert batch["hasMore"] is False
        token = batch["continueFrom"]
    company.clock.advance(timedelta(minutes=6))
    token = caller.get(feeds["jobs"], **{"from": token}, **query).json["continueFrom"]
    assert caller.get(feeds["jobs"], **{"from": token}, **query).json["data"] == []


def test_a_changed_row_comes_once_at_its_new_place(
    company: Company, caller: Caller, feeds: dict[str, str]
) -> None:
    number = next(company.records("jobs"))["id"]
    company.touch("jobs", number, status="Hold")
    company.clock.advance(timedelta(minutes=16))
    ids = [row["id"] for row in caller.rows(feeds["jobs"])]
    assert ids.count(number) == 1


def test_appointments_take_active(company: Company, caller: Caller, feeds: dict[str, str]) -> None:
    number = next(company.records("appointments"))["id"]
    company.touch("appointments", number, active=False)
    company.clock.advance(timedelta(minutes=16))
    path, everything = feeds["appointments"], company.counts()["appointments"]
    assert len(caller.rows(path)) == len(caller.rows(path, active="Any")) == everything
    inactive = {row["id"] for row in caller.rows(path, active="False")}
    assert number in inactive
    assert len(caller.rows(path, active="True")) == everything - len(inactive)


def test_invoice_items_and_job_history(company: Company, caller: Caller) -> None:
    items = caller.rows("accounting/export/invoice-items")
    inside = [item["id"] for row in company.records("invoices") for item in row["items"] or []]
    assert sorted(item["id"] for item in items) == sorted(inside)
    assert len(caller.rows("jpm/export/job-history")) == company.counts()["jobs"]


def test_a_deleted_row_leaves_no_trace(company: Company, caller: Caller, feeds: dict[str, str]) -> None:
    number = next(company.records("estimates"))["id"]
    company.remove("estimates", number)
    company.clock.advance(timedelta(hours=1))
    assert number not in {row["id"] for row in caller.rows(feeds["estimates"])}
    assert caller.get(f"sales/estimates/{number}").status == 404
    assert caller.get("sales/estimates", ids=number, active="Any").json["data"] == []


steps = st.lists(
    st.tuples(st.sampled_from(["poll", "poll", "poll", "wait", "recent"]), st.integers(1, 40)), max_size=25
)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 50), entity=st.sampled_from(ENTITIES), size=st.integers(1, 60), script=steps)
def test_following_tokens_while_the_clock_moves_loses_nothing(
    seed: int,
    entity: str,
    size: int,
    script: list[tuple[str, int]],
    call: type[Caller],
    feeds: dict[str, str],
) -> None:
    """A mirror that upserts what it is given ends equal to the company, deletions apart."""
    company = Company(20, seed=seed, clock=Clock.frozen(company_start()), activity=3.0)
    switches = Switches(calls_a_second=0, export_batch_size=size)
    caller = call(create_app(company, switches))
    mirror: dict[int, Row] = {}
    token = ""

    def poll(**query: Any) -> bool:
        nonlocal token
        batch = caller.get(feeds[entity], **({"from": token} if token else {}), **query).json
        mirror.update((row["id"], row) for row in batch["data"])
        token = batch["continueFrom"]
        return batch["hasMore"] is True

    for action, amount in script:
        if action == "wait":
            company.clock.advance(timedelta(minutes=amount * 7))
        else:
            poll(**({"includeRecentChanges": "true"} if action == "recent" else {}))
    company.now()
    ledger = company.state.ledgers[entity]
    company.life.per_day = company.life._interval = 0  # nothing more happens; the lag passes
    company.clock.advance(timedelta(minutes=16))
    while poll():
        pass
    gone = {ledger.ids.of(index) for index in ledger.gone}
    assert {number: row for number, row in mirror.items() if number not in gone} == truth(company, entity)
