"""The benchmark on a tiny company: everybody's work is checked, and the check can fail."""

from contextlib import closing
from typing import Any

import pytest

from tests.benchmarks.cluster import HUB_DATABASE
from tests.benchmarks.conftest import INSTALLED, Finished
from tests.benchmarks.content import Checker
from tests.benchmarks.dlt_contender import BEST, Dlt
from tests.benchmarks.dlt_environment import DltEnvironment
from tests.benchmarks.ours import content
from tests.benchmarks.rounds import LOAD, NOTHING, SCENARIOS
from tests.benchmarks.tenant import INITIAL, Served

pytestmark = [pytest.mark.slow]

SPOILT = {  # table, what is set in its last row; nothing: the row is deleted
    "a text": ("st_customers", "name = name || '!'"),
    "the raw record": ("st_jobs", "raw = raw || '{\"new\": 1}'"),
    "the last digit of a sum": ("st_invoices", "total = total + 0.0000000001"),
    "a microsecond": ("st_appts", "start = start + interval '1 microsecond'"),
    "a row gone": ("st_customer_contacts", ""),
    "a row marked deleted": ("st_estimates", "deleted_at = now()"),
    "a change not logged": ("st_changes", ""),
}


def _runs(finished: Finished, scenario: str, contender: str) -> list[dict[str, Any]]:
    return [run for run in finished.figures["runs"] if (run["scenario"], run["contender"]) == (scenario, contender)]


def test_all_scenarios_are_run_and_the_content_is_right(finished: Finished) -> None:
    assert finished.figures["wrong"] == []
    for scenario in SCENARIOS:
        (run,) = _runs(finished, scenario.name, "ours")
        assert run["seconds"] > 0 and run["client_cpu"] > 0 and run["server_cpu"] > 0 and run["peak_mb"] > 10


def test_the_work_is_written_once_and_then_no_more(finished: Finished) -> None:
    (load,), (nothing,) = _runs(finished, LOAD.name, "ours"), _runs(finished, NOTHING.name, "ours")
    assert load["records"] >= 2000
    assert load["written"] == 2 * load["records"]  # the row, and its line in the change log
    assert nothing["written"] == 0


@pytest.mark.parametrize("what", SPOILT)
def test_the_check_sees_what_is_wrong(finished: Finished, what: str) -> None:
    with closing(finished.cluster.admin(HUB_DATABASE)) as connection:
        checker = Checker()
        assert content(connection, checker, finished.tenant, INITIAL) == []
        with connection.transaction(force_rollback=True):
            table, assignment = SPOILT[what]
            act = f"UPDATE servicetitan.{table} SET {assignment}" if assignment else f"DELETE FROM servicetitan.{table}"
            last = f"WHERE id = (SELECT max(id) FROM servicetitan.{table})"
            assert connection.execute(f"{act} {last}").rowcount == 1
            assert len(content(connection, checker, finished.tenant, INITIAL)) in (1, 2)  # a missing row is missed twice


@pytest.mark.skipif(not INSTALLED.is_ready(), reason="dlt is not installed: `make bench` does that")
@pytest.mark.parametrize("set_up", BEST, ids=lambda set_up: set_up.name)
def test_dlt_does_its_work_and_the_check_sees_what_is_wrong(finished: Finished, set_up: Any) -> None:
    assert _runs(finished, LOAD.name, set_up.name)
    environment = DltEnvironment(finished.options.data / "dlt")
    dlt = Dlt(finished.cluster, environment, finished.options.data / "work", set_up)
    served = Served(finished.tenant, "", 0)
    assert dlt.check(served, INITIAL) == []
    with closing(finished.cluster.admin(f"bench_{set_up.name.replace('-', '_')}")) as connection:
        connection.execute("UPDATE bench.jobs SET total = total + 1 WHERE id = (SELECT max(id) FROM bench.jobs)")
        assert len(dlt.check(served, INITIAL)) == 1
        connection.execute("UPDATE bench.jobs SET total = total - 1 WHERE id = (SELECT max(id) FROM bench.jobs)")
