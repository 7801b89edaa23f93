"""The event log is read in order and without gaps, whatever commits when."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connections

from config.feed import reader
from config.feed.reader import START, Position, PositionFromElsewhere, read
from config.isolation.actor import acting_as
from tests.isolation.conftest import connected

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

INSERT = "INSERT INTO servicetitan.st_changes (entity, record_id, kind) VALUES (%s, %s, 'inserted')"


@contextmanager
def writer() -> Iterator[psycopg.Connection]:
    with connected("servicetitan") as connection:
        connection.autocommit = False
        yield connection


def eventually(expected: list[int], after: Position = START, limit: int = 10, entities: list[str] | None = None) -> None:
    """What is read at last: a transaction of anybody on the server holds the reader up for as long as it lasts."""
    deadline = time.monotonic() + 20
    while ids(found := read(after, limit, entities)) != expected:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def ids(changes: list[reader.ChangeRecord]) -> list[int]:
    return [change.record_id for change in changes]


def test_an_open_transaction_with_a_lower_number_holds_the_reader_back() -> None:
    with writer() as early, writer() as late:
        early.execute(INSERT, ["jobs", 1])
        late.execute(INSERT, ["jobs", 2])
        late.commit()
        assert read(START, 10) == [], "2 is committed, but 1 is still to come before it"
        early.commit()
        eventually([1, 2])


def test_a_transaction_rolled_back_leaves_no_gap() -> None:
    with writer() as connection:
        connection.execute(INSERT, ["jobs", 1])
        connection.rollback()
        connection.execute(INSERT, ["jobs", 2])
        connection.commit()
    eventually([2])


def test_reading_goes_on_behind_the_position() -> None:
    with writer() as connection:
        for record in range(10):
            connection.execute(INSERT, ["jobs" if record % 2 else "customers", record])
            connection.commit()
    eventually([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    first = read(START, 4)
    assert ids(first) == [0, 1, 2, 3]
    eventually([4, 5, 6, 7, 8, 9], after=first[-1].position)
    eventually([1, 3, 5, 7, 9], entities=["jobs"])


@pytest.mark.parametrize("unit", ["ghl", "salesforce", "automation", "monitor", "backoffice"])
def test_every_consumer_reads_with_its_own_role(unit: str) -> None:
    with writer() as connection:
        connection.execute(INSERT, ["jobs", 1])
        connection.commit()
    with acting_as(unit):
        eventually([1])


def test_a_position_ahead_of_the_server_is_refused() -> None:
    with pytest.raises(PositionFromElsewhere, match="restored from a dump"):
        read(Position(2**60, 1), 10)


WRITERS, PAGES, ROWS = 8, 25, 20


def write_pages(number: int) -> None:
    """Transactions of random length, some of them at the second try."""
    dice = random.Random(number)
    with writer() as connection:
        for page in range(PAGES):
            records = [[f"feed{number}", page * ROWS + row] for row in range(ROWS)]
            connection.cursor().executemany(INSERT, records)
            time.sleep(dice.random() * 0.02)
            if dice.random() < 0.1:
                connection.rollback()
                connection.cursor().executemany(INSERT, records)
            connection.commit()


def read_while(alive: Callable[[], bool]) -> list[tuple[str, int]]:
    """Everything a reader sees that never waits for the writers."""
    seen: list[tuple[str, int]] = []
    position, last_look = START, False
    deadline = time.monotonic() + 60
    while not last_look:
        last_look = not alive() and (len(seen) >= WRITERS * PAGES * ROWS or time.monotonic() > deadline)
        while batch := read(position, 37):
            seen += [(change.entity, change.record_id) for change in batch]
            position = batch[-1].position
    return seen


def test_concurrent_writers_lose_nothing_and_double_nothing() -> None:
    threads = [threading.Thread(target=write_pages, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    seen = read_while(lambda: any(thread.is_alive() for thread in threads))
    assert len(seen) == len(set(seen)) == WRITERS * PAGES * ROWS
    for number in range(WRITERS):
        mine = [record for entity, record in seen if entity == f"feed{number}"]
        assert mine == sorted(mine), "the order of one writer's transactions is kept"


def test_the_reader_walks_the_index() -> None:
    """Cost follows what is read, not what the log holds."""
    with connected("servicetitan") as connection:
        connection.execute(
            "INSERT INTO servicetitan.st_changes (entity, record_id, kind) "
            "SELECT 'jobs', n, 'inserted' FROM generate_series(1, 20000) n"
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE servicetitan.st_changes")
        cursor.execute("SET enable_seqscan = off")  # of empty months a scan is as cheap, and would need a sort
        cursor.execute("EXPLAIN " + reader._READ, {"txid": 1, "id": 1, "entities": None, "limit": 100})
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "Index Scan" in plan and "Seq Scan" not in plan, plan
    assert "->  Sort" not in plan, plan


class TestMaintenance:
    """Partitions: months ahead are made, months that are over and read go, others stay."""

    def test_old_months_go_only_when_every_consumer_is_past_them(self) -> None:
        with connected("owner") as owner:
            owner.execute(
                "CREATE TABLE servicetitan.st_changes_202001 PARTITION OF servicetitan.st_changes "
                "FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')"
            )
            owner.execute("CREATE TABLE salesforce.other_feed_positions (consumer text PRIMARY KEY, txid bigint, id bigint)")
            try:
                owner.execute(
                    "INSERT INTO servicetitan.st_changes (txid, changed_at, entity, record_id, kind) "
                    "VALUES (5, '2020-01-05', 'jobs', 1, 'inserted')"
                )
                owner.execute("INSERT INTO salesforce.other_feed_positions VALUES ('x', 4, 0)")
                assert self.maintain() == []
                owner.execute("UPDATE salesforce.other_feed_positions SET txid = 5")
                assert self.maintain() == ["dropped st_changes_202001"]
            finally:
                owner.execute("DROP TABLE salesforce.other_feed_positions")

    def test_coming_months_are_made_by_the_sync_which_may_do_no_ddl(self) -> None:
        with connected("owner") as owner:
            owner.execute("SELECT servicetitan.st_changes_maintain(12, interval '90 days')")
            names = owner.execute(
                "SELECT relname FROM pg_class WHERE relname LIKE 'st_changes_2%' AND relkind = 'r' ORDER BY 1 DESC LIMIT 1"
            ).fetchone()
            assert names is not None
            owner.execute(f"DROP TABLE servicetitan.{names[0]}")
        assert self.maintain(12) == [f"created {names[0]}"]
        with connected("servicetitan") as sync:
            sync.execute(f"SELECT count(*) FROM servicetitan.{names[0]}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                sync.execute(f"DROP TABLE servicetitan.{names[0]}")

    @staticmethod
    def maintain(ahead: int = 0) -> list[str]:
        with connected("servicetitan") as sync:
            row = sync.execute("SELECT servicetitan.st_changes_maintain(%s, interval '90 days')", [ahead]).fetchone()
            assert row is not None
            return list(row[0])
