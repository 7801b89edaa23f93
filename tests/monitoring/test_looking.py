"""One pass: every check with its own patience, as the unit that can only read."""

import threading
import time
from collections.abc import Mapping
from datetime import datetime

import pytest
from django.db import DatabaseError, connections

from config.isolation.actor import acting_unit
from config.monitoring.looking import Looker
from config.monitoring.probes import Check, Node, Reading, State, nodes, worse

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def check(name: str, read: object, patience_s: float = 0.3) -> Check:
    return Check(name, (Node(name, name, "test"),), read, patience_s, uses=())  # type: ignore[arg-type] # tests break it


def fine(name: str) -> Check:
    return check(name, lambda at: {name: Reading()}, 5)


def test_a_check_that_hangs_delays_no_other_and_is_not_started_twice() -> None:
    release, started = threading.Event(), []

    def hang(at: datetime) -> Mapping[str, Reading]:
        started.append(at)
        release.wait(20)
        return {}

    looker = Looker([check(f"hangs {n}", hang) for n in range(6)] + [fine(f"fine {n}") for n in range(6)])
    began = time.monotonic()
    first = looker.look()
    assert time.monotonic() - began < 3
    assert {name for name, reading in first.readings.items() if reading.state == State.OK} == {f"fine {n}" for n in range(6)}
    assert "did not answer within 0.3 s" in first.readings["hangs 0"].text
    second = looker.look()
    assert len(started) == 6 and "since an earlier pass" in second.readings["hangs 3"].text
    release.set()
    time.sleep(0.2)
    assert len(looker.look().failed) == 0 or len(started) == 12


def test_what_breaks_is_unknown_and_says_why() -> None:
    def broken(at: datetime) -> Mapping[str, Reading]:
        raise KeyError("rows")

    done = Looker([check("broken", broken), check("silent", lambda at: {})]).look()
    assert done.readings["broken"] == Reading(State.UNKNOWN, "It could not be looked at: KeyError: 'rows'")
    assert done.readings["silent"].state == State.UNKNOWN


def test_it_looks_as_the_monitor_whose_transactions_only_read() -> None:
    seen = []

    def look(at: datetime) -> Mapping[str, Reading]:
        seen.append(acting_unit().name)
        with connections["monitor"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM servicetitan.st_customers")
            with pytest.raises(DatabaseError):
                cursor.execute("DELETE FROM servicetitan.st_customers")
        return {"looks": Reading()}

    assert Looker([check("looks", look, 5)]).look().readings["looks"].state == State.OK
    assert seen == ["monitor"]


def test_nodes_know_what_their_check_uses() -> None:
    first = Check("a", (Node("a", "A", "x"),), lambda at: {}, uses=())
    made = nodes([first, Check("b", (Node("b", "B", "x"),), lambda at: {}, uses=("a",))])
    assert made["b"].needs == ("a",)


@pytest.mark.parametrize(
    ("second", "says"), [(Node("a", "again", "x"), "Two nodes are named a"), (Node("b", "B", "x", ("c",)), "b needs c")]
)
def test_graphs_with_mistakes_are_refused(second: Node, says: str) -> None:
    checks = [Check("1", (Node("a", "A", "x"),), lambda at: {}, uses=()), Check("2", (second,), lambda at: {}, uses=())]
    with pytest.raises(ValueError, match=says):
        nodes(checks)


def test_the_worst_of_several_readings_counts() -> None:
    bad = Reading(State.BAD, "this")
    assert worse([Reading(), bad, Reading(State.WARNING)]) == bad
    assert worse([]).state == State.OK
