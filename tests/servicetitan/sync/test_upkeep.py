"""Upkeep never stops a sync: whatever another unit holds, the feeds run."""

import time

import psycopg
import pytest

from config.isolation.manifest import BY_NAME as UNITS
from config.isolation.manifest import OWNER_ALIAS
from servicetitan.sync import upkeep
from tests.isolation.conftest import connected
from tests.servicetitan.sync.conftest import Run, State, Vendor

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

QUICK_S = 15


def partitions() -> list[str]:
    with connected(OWNER_ALIAS) as owner:
        rows = owner.execute("SELECT relname FROM pg_class WHERE relname ~ '^st_changes_2' AND relkind = 'r'").fetchall()
    return [row[0] for row in rows]


def test_an_advisory_lock_of_another_unit_is_nothing_to_wait_for(vendor: Vendor, sync: Run) -> None:
    with connected(UNITS["monitor"].alias) as monitor:
        monitor.execute("SELECT pg_advisory_lock(hashtext('servicetitan.st_changes_maintain'))")
        started = time.monotonic()
        assert sync("business_units")["business_units"].state == State.SUCCEEDED
        assert time.monotonic() - started < QUICK_S


def test_a_reader_who_never_ends_keeps_an_old_partition_and_stops_nothing(
    vendor: Vendor, sync: Run, caplog: pytest.LogCaptureFixture
) -> None:
    with connected(OWNER_ALIAS) as owner:
        owner.execute(
            "CREATE TABLE servicetitan.st_changes_202001 PARTITION OF servicetitan.st_changes "
            "FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')"
        )
    with connected(UNITS["monitor"].alias) as monitor:
        monitor.autocommit = False
        monitor.execute("SELECT count(*) FROM servicetitan.st_changes")
        started = time.monotonic()
        assert sync("business_units")["business_units"].state == State.SUCCEEDED
        assert time.monotonic() - started < QUICK_S
        monitor.rollback()
    assert "skipped dropping st_changes_202001" in caplog.text
    assert "st_changes_202001" in partitions()
    sync("business_units")
    assert "st_changes_202001" not in partitions()


def test_a_reader_who_never_ends_hinders_no_new_partition(vendor: Vendor, sync: Run) -> None:
    with connected(OWNER_ALIAS) as owner:
        months = owner.execute("SELECT to_char(now() + make_interval(months => %s), 'YYYYMM')", [upkeep.MONTHS_AHEAD]).fetchone()
        assert months is not None
        owner.execute(f"DROP TABLE servicetitan.st_changes_{months[0]}")
    with connected(UNITS["monitor"].alias) as monitor:
        monitor.autocommit = False
        monitor.execute("SELECT count(*) FROM servicetitan.st_changes")
        sync("business_units")
        monitor.rollback()
    assert f"st_changes_{months[0]}" in partitions()


def test_a_locked_position_of_another_unit_is_nothing_to_wait_for(vendor: Vendor, sync: Run) -> None:
    with connected(OWNER_ALIAS) as owner:
        owner.execute("CREATE TABLE salesforce.other_feed_positions (consumer text PRIMARY KEY, txid bigint, id bigint)")
    try:
        with connected(UNITS["salesforce"].alias) as salesforce:
            salesforce.autocommit = False
            salesforce.execute("LOCK TABLE salesforce.other_feed_positions IN ACCESS EXCLUSIVE MODE")
            started = time.monotonic()
            assert sync("business_units")["business_units"].state == State.SUCCEEDED
            assert time.monotonic() - started < QUICK_S
            salesforce.rollback()
    finally:
        with connected(OWNER_ALIAS) as owner:
            owner.execute("DROP TABLE salesforce.other_feed_positions")


def test_only_the_sync_may_call_for_upkeep() -> None:
    with connected(UNITS["monitor"].alias) as monitor, pytest.raises(psycopg.errors.InsufficientPrivilege):
        monitor.execute("SELECT servicetitan.st_changes_maintain(2, interval '1 day')")
