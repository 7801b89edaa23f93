"""The parts that need no server."""

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.benchmarks.contender import Run
from tests.benchmarks.cost import Cost
from tests.benchmarks.figures import best_dlt, ratio
from tests.benchmarks.moments import moment
from tests.benchmarks.options import parse
from tests.benchmarks.records import Versions
from tests.benchmarks.rounds import LARGE, LOAD, NOTHING, SLOW, SLOW_LARGE, Results
from tests.benchmarks.targets import targets
from tests.benchmarks.workflows import Look, Measured, Part
from tests.benchmarks.workflows import targets as targets_of_workflows


def took(seconds: float, *, written: int | None = None, peak: float = 100) -> Run:
    return Run(Cost(seconds, 1, 1, peak, 1), written)


def results(ours: float = 1, dlt: float = 3, slow: float = 1.2, written: int = 0) -> Results:
    runs = {
        (LOAD.name, "ours"): [took(ours)],
        (LOAD.name, "dlt"): [took(dlt)],
        (LOAD.name, "dlt-adbc"): [took(dlt + 1)],
        (NOTHING.name, "ours"): [took(0.5, written=written)],
        **{(scenario.name, "ours"): [took(slow)] for scenario in (SLOW, SLOW_LARGE)},
        (LARGE.name, "ours"): [took(ours)],
    }
    return Results(runs, [], {LOAD.name: 1000})


def test_ratios_are_of_the_same_round() -> None:
    assert ratio([took(2), took(20), took(6)], [took(1), took(10), took(2)]) == 2
    assert math.isnan(ratio([], [took(1)]))


def test_the_best_dlt_is_the_quickest_in_this_run() -> None:
    assert best_dlt(results()) == "dlt"
    assert best_dlt(Results()) is None


def test_targets_reached() -> None:
    assert all(target.reached for target in targets(results(), None))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (results(dlt=2.4), "initial load: 2.40 times as fast as dlt"),
        (results(slow=1.3), "77% of the speed without"),
        (results(written=3), "3 rows written"),
    ],
)
def test_targets_missed_are_told(found: Results, told: str) -> None:
    missed = [target.text for target in targets(found, None) if not target.reached]
    assert missed and all(told in text for text in missed)


def test_a_wrong_row_fails_the_benchmark() -> None:
    found = results()
    found.wrong.append("st_jobs lacks 17")
    assert any(not target.reached and "st_jobs lacks 17" in target.text for target in targets(found, None))


@pytest.mark.parametrize(
    ("text", "micros", "half_up"),
    [
        ("2026-01-31T06:00:00Z", 0, 0),
        ("2026-01-31T06:00:00.1234567Z", 123457, 123457),
        ("2026-01-31T06:00:00.0000005Z", 0, 1),
        ("2026-01-31T07:00:00.5+01:00", 500000, 500000),
    ],
)
def test_moments(text: str, micros: int, half_up: int) -> None:
    assert moment(text) == datetime(2026, 1, 31, 6, 0, 0, micros, tzinfo=UTC)
    assert moment(text, half_up=True) == datetime(2026, 1, 31, 6, 0, 0, half_up, tzinfo=UTC)


def test_the_last_version_of_a_record_counts(tmp_path: Path) -> None:
    old, new = "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:01Z"
    pages = [
        [{"id": 1, "modifiedOn": old, "n": 1}, {"id": 2, "modifiedOn": new, "n": 2}],
        [{"id": 1, "modifiedOn": new, "n": 3}, {"id": 2, "modifiedOn": old, "n": 4}, {"id": 2, "modifiedOn": old, "n": 5}],
    ]
    files = [tmp_path / str(number) for number in range(2)]
    for file, data in zip(files, pages, strict=True):
        file.write_text(json.dumps({"data": data}))
    found = {id: record["n"] for page in Versions(files).by_page() for id, record in page.items()}
    assert found == {1: 3, 2: 2}


def test_each_postgresql_has_a_folder_of_its_own() -> None:
    assert parse(["--data", "/d"]).servers == Path("/d/servers")
    assert parse(["--data", "/d", "--pg-bin", "/opt/pg/15/bin"]).servers == Path("/d/servers-opt-pg-15-bin")


def moved(per_s: float = 600, waited: float = 1, event: float = 4) -> Measured:
    looks = [Look("few", 1, 5, 4), Look("many", 1, 5, event)]
    return Measured(1000, [Part("go on", int(per_s), 1, 1)], looks, [0.1, waited], 100)


def test_targets_of_workflows_reached() -> None:
    assert all(target.reached for target in targets_of_workflows(moved()))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (moved(per_s=400), "400 transitions a second"),
        (moved(waited=2.5), "at most 2.50 s"),
        (moved(event=40), "many: 10.00 times"),
    ],
)
def test_targets_of_workflows_missed_are_told(found: Measured, told: str) -> None:
    [missed] = [target.text for target in targets_of_workflows(found) if not target.reached]
    assert told in missed
