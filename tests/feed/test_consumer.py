"""A consumer's place: past everything that is none of its own, and never past what may still come."""

from automation.workflows.models import FeedPosition
from config.feed.consumer import Follower
from config.feed.reader import ChangeRecord
from config.isolation.actor import acting_as
from tests.feed.test_reader import INSERT, pytestmark, writer
from tests.mirror import wait_for_changes

__all__ = ["pytestmark"]

seen: list[int] = []
FOLLOWER = Follower(FeedPosition, "test", ("jobs",), "automation")


def mark(changes: list[ChangeRecord]) -> None:
    seen.extend(change.record_id for change in changes)


def catch_up() -> tuple[int, int]:
    """The place it stands at then: transaction and number."""
    with acting_as("automation"):
        FOLLOWER.catch_up(mark, lambda: 0)
        position = FeedPosition.objects.get(pk="test")
    return position.txid, position.change_id


def test_it_passes_what_is_not_its_own_and_reads_what_is() -> None:
    seen.clear()
    before = catch_up()
    with writer() as others:
        others.execute(INSERT, ["invoices", 1])
        others.commit()
        (txid,) = others.execute("SELECT max(txid) FROM servicetitan.st_changes").fetchone() or (0,)
        others.commit()
    wait_for_changes()
    assert catch_up() > max(before, (txid, 0)) and not seen
    with writer() as mine:
        mine.execute(INSERT, ["jobs", 2])
        mine.commit()
    wait_for_changes()
    catch_up()
    assert seen == [2]


def test_it_never_passes_what_commits_later() -> None:
    seen.clear()
    catch_up()
    with writer() as slow, writer() as quick:
        slow.execute(INSERT, ["jobs", 3])  # has its number, and is not committed
        quick.execute(INSERT, ["invoices", 4])
        quick.execute(INSERT, ["jobs", 5])
        quick.commit()
        for _ in range(3):
            catch_up()
        assert seen == []
        slow.commit()
    wait_for_changes()
    catch_up()
    assert seen == [3, 5]
