"""Every switch has an effect that a client can see; the company's truth shows none of it."""

import gzip
import json
import re
import time
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from servicetitan.sandbox import Company, Sandbox, Switches
from tests.servicetitan.sandbox.caller import Caller, Row, Switch, moment_of

ENTITIES = ("customers", "contacts", "locations", "jobs", "appointments", "estimates", "invoices")
WITH_NUMBERS = ("customers", "jobs", "estimates", "invoices")


@pytest.fixture
def switch(app: Sandbox) -> Switch:
    def set_to(**values: Any) -> None:
        app.switches = app.switches.changed(values)

    return set_to


def clean(company: Company, entity: str) -> dict[int, Row]:
    return {row["id"]: row for row in company.records(entity)}


def test_an_unknown_switch_or_value_is_refused() -> None:
    for values in ({"colour": 1}, {"gateway_body": "xml"}, {"fraction_digits": 8}, {"export_batch_size": 0}):
        with pytest.raises(ValueError, match=next(iter(values))):
            Switches().changed(values)
    for values in ({"unsorted": "yes"}, {"stale_rows": "all"}):
        with pytest.raises(ValueError, match="type"):
            Switches().changed(values)


def test_every_switch_is_tried_somewhere_in_these_tests() -> None:
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [field.name for field in fields(Switches) if not re.search(rf"\b{field.name}\b", text)] == []


# exports


def test_export_batch_size(caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(export_batch_size=11)
    assert len(caller.get(feeds["jobs"]).json["data"]) == 11


def test_export_batch_varies(company: Company, caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(export_batch_size=30, export_batch_varies=True)
    batches = list(caller.follow(feeds["jobs"]))
    sizes = {len(batch["data"]) for batch in batches[:-1]}
    assert len(sizes) > 1
    assert sizes <= set(range(10, 31))
    assert sum(len(batch["data"]) for batch in batches) == company.counts()["jobs"]


def test_export_lag_minutes(company: Company, caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    token = list(caller.follow(feeds["jobs"]))[-1]["continueFrom"]
    switch(export_lag_minutes=0)
    company.touch("jobs", next(company.records("jobs"))["id"], status="Hold")
    assert len(caller.get(feeds["jobs"], **{"from": token}).json["data"]) == 1


def test_empty_batch_every(company: Company, caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(empty_batch_every=2)
    batches = list(caller.follow(feeds["jobs"]))
    hollow = [batch for batch in batches if not batch["data"]]
    assert hollow
    assert all(batch["hasMore"] for batch in hollow)
    tokens = [batch["continueFrom"] for batch in batches]
    assert len(set(tokens)) == len(tokens)
    assert sum(len(batch["data"]) for batch in batches) == company.counts()["jobs"]


def test_a_caught_up_client_gets_no_hollow_promise(
    caller: Caller, feeds: dict[str, str], switch: Switch
) -> None:
    token = list(caller.follow(feeds["jobs"]))[-1]["continueFrom"]
    switch(empty_batch_every=1)
    assert caller.get(feeds["jobs"], **{"from": token}).json["hasMore"] is False


def test_duplicates_in_batch(caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(duplicates_in_batch=3)
    ids = [row["id"] for row in caller.get(feeds["jobs"]).json["data"]]
    assert len(ids) == 28
    assert len(set(ids)) == 25


def test_duplicates_across_batches(
    company: Company, caller: Caller, feeds: dict[str, str], switch: Switch
) -> None:
    switch(duplicates_across_batches=5)
    first, second = list(caller.follow(feeds["jobs"]))[:2]
    assert second["data"][:5] == first["data"][-5:]
    assert {row["id"] for row in caller.rows(feeds["jobs"])} == set(clean(company, "jobs"))


def test_unsorted(caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    in_order = caller.get(feeds["jobs"]).json["data"]
    switch(unsorted=True)
    shuffled = caller.get(feeds["jobs"]).json["data"]
    assert shuffled != in_order
    assert {row["id"] for row in shuffled} == {row["id"] for row in in_order}


def test_stale_rows(caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(stale_rows=1.0)
    rows = caller.get(feeds["jobs"]).json["data"]
    assert rows[0]["id"] == rows[1]["id"]
    assert rows[0]["summary"] != rows[1]["summary"]
    assert moment_of(rows[1]["modifiedOn"]) < moment_of(rows[0]["modifiedOn"])


def test_last_token_null(caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(last_token_null=True)
    tokens = [batch["continueFrom"] for batch in caller.follow(feeds["jobs"])]
    assert tokens[-1] is None
    assert all(tokens[:-1])


def test_invalid_token_status(caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(invalid_token_status=410)
    assert caller.get(feeds["jobs"], **{"from": "nonsense"}).status == 410


@pytest.mark.parametrize(
    ("value", "statuses"),
    [("both", [200, 200]), ("new", [200, 404]), ("legacy", [404, 200]), ("none", [404, 404])],
)
def test_estimates_export(value: Any, statuses: list[int], caller: Caller, switch: Switch) -> None:
    switch(estimates_export=value)
    paths = ("sales/export/estimates", "sales/estimates/export")
    assert [caller.get(path).status for path in paths] == statuses


# lists


def test_estimate_missing_status(caller: Caller, switch: Switch) -> None:
    for status in (404, 400):
        switch(estimate_missing_status=status)
        assert caller.get("sales/estimates/610").status == status
        assert caller.get("crm/customers/110").status == 404


def test_inactive_contacts_conflict(company: Company, caller: Caller, switch: Switch) -> None:
    number = next(row["customerId"] for row in company.records("contacts") if row["active"])
    company.touch("customers", number, active=False)
    switch(inactive_contacts_conflict=False)
    assert caller.get(f"crm/customers/{number}/contacts").json["data"]


# answers as a whole


def test_latency(caller: Caller, switch: Switch) -> None:
    switch(latency=0.05)
    start = time.perf_counter()
    caller.get("settings/tag-types")
    assert time.perf_counter() - start > 0.05


def test_gzip(caller: Caller, switch: Switch) -> None:
    path = f"/crm/v2/tenant/{caller.tenant}/customers"
    headers = caller.headers() | {"Accept-Encoding": "gzip, deflate"}
    plain = caller.raw("GET", path, headers=headers)
    switch(gzip=True)
    packed = caller.raw("GET", path, headers=headers)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Length"] == str(len(packed.body))
    assert gzip.decompress(packed.body) == plain.body


# rows


@pytest.mark.parametrize("entity", ENTITIES)
@pytest.mark.parametrize("digits", range(8))
def test_fraction_digits(
    entity: str, digits: int, caller: Caller, feeds: dict[str, str], switch: Switch
) -> None:
    switch(fraction_digits=digits)
    for row in caller.get(feeds[entity]).json["data"]:
        assert len(row["modifiedOn"].partition(".")[2].rstrip("Z")) == digits


@pytest.mark.parametrize("entity", ENTITIES)
def test_unknown_fields(
    entity: str, company: Company, caller: Caller, feeds: dict[str, str], switch: Switch
) -> None:
    switch(unknown_fields=1.0)
    row = caller.get(feeds[entity]).json["data"][0]
    assert row.keys() - clean(company, entity)[row["id"]].keys() == {"loyaltyTier", "aiInsights"}


@pytest.mark.parametrize("entity", [entity for entity in ENTITIES if entity != "locations"])
def test_unknown_enums(entity: str, caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(unknown_enums=1.0)
    assert all("SomethingNew" in json.dumps(row) for row in caller.get(feeds[entity]).json["data"])


@pytest.mark.parametrize("entity", ENTITIES)
def test_nulls_in_required(
    entity: str, company: Company, caller: Caller, feeds: dict[str, str], switch: Switch
) -> None:
    switch(nulls_in_required=1.0)
    truth = clean(company, entity)
    struck = [
        name
        for row in caller.get(feeds[entity]).json["data"]
        for name, value in row.items()
        if value is None and truth[row["id"]][name] is not None
    ]
    assert len(set(struck)) >= 3


@pytest.mark.parametrize("entity", ENTITIES)
def test_no_dates(entity: str, caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(no_dates=1.0)
    assert {row["createdOn"] for row in caller.get(feeds[entity]).json["data"]} == {"0001-01-01T00:00:00Z"}


@pytest.mark.parametrize("entity", ENTITIES)
def test_zone_less(entity: str, caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(zone_less=1.0)
    assert not any(row["modifiedOn"].endswith("Z") for row in caller.get(feeds[entity]).json["data"])


@pytest.mark.parametrize("entity", [entity for entity in ENTITIES if entity != "contacts"])
def test_zero_ids(entity: str, caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(zero_ids=1.0)
    for row in caller.get(feeds[entity]).json["data"]:
        assert any(
            value == 0 and value is not False for name, value in row.items() if name.endswith(("Id", "By"))
        )


@pytest.mark.parametrize("entity", ENTITIES)
def test_nul_characters(entity: str, caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(nul_characters=1.0)
    reply = caller.get(feeds[entity])
    assert reply.body.count(rb"\u0000") == len(reply.json["data"])


@pytest.mark.parametrize("entity", ENTITIES)
def test_lone_surrogates(entity: str, caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(lone_surrogates=1.0)
    reply = caller.get(feeds[entity])
    assert reply.body.count(rb"\ud83d") == len(reply.json["data"])


@pytest.mark.parametrize("entity", ENTITIES)
def test_wrong_types(entity: str, caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(wrong_types=1.0)
    rows = caller.get(feeds[entity]).json["data"]
    assert all("N/A" in row.values() or row["createdOn"] == "not a date" for row in rows)
    assert entity not in WITH_NUMBERS or any("N/A" in row.values() for row in rows)


@pytest.mark.parametrize("entity", ENTITIES)
def test_null_ids(entity: str, caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(null_ids=1.0)
    assert {row["id"] for row in caller.get(feeds[entity]).json["data"]} == {None}


@pytest.mark.parametrize("entity", WITH_NUMBERS)
def test_long_decimals(entity: str, caller: Caller, feeds: dict[str, str], switch: Switch) -> None:
    switch(long_decimals=1.0)
    reply = caller.get(feeds[entity])
    assert len(re.findall(rb"\d\.\d{19}\b", reply.body)) >= len(reply.json["data"])


def test_a_share_strikes_the_same_rows_everywhere(
    company: Company, caller: Caller, feeds: dict[str, str], switch: Switch
) -> None:
    switch(unknown_fields=0.3)
    by_export = {row["id"] for row in caller.rows(feeds["jobs"]) if "aiInsights" in row}
    by_list = {row["id"] for row in caller.get("jpm/jobs", pageSize=500).json["data"] if "aiInsights" in row}
    assert by_export == by_list
    assert 0.15 < len(by_export) / company.counts()["jobs"] < 0.45


def test_the_truth_stays_clean(
    company: Company, caller: Caller, feeds: dict[str, str], switch: Switch
) -> None:
    truth = clean(company, "customers")
    switch(wrong_types=1.0, null_ids=1.0, nul_characters=1.0, unknown_fields=1.0, stale_rows=1.0)
    company.clock.advance(timedelta(seconds=1))
    caller.rows(feeds["customers"])
    assert clean(company, "customers") == truth
