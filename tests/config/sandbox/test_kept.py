"""What outlives a sandbox: which company it was, and what the vendors were told."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from config.sandbox.keeper import Keeper
from config.sandbox.origin import CUSTOMERS, Origin, Remembered


@pytest.fixture
def remembered(tmp_path: Path) -> Remembered:
    return Remembered(tmp_path / "data" / "sandbox.json")


def test_a_restart_finds_the_same_company(remembered: Remembered) -> None:
    company = remembered.company(40, Origin(seed=3))
    remembered.keep(replace(company, advanced=5))
    again = remembered.company(None, Origin(seed=3))
    assert again == replace(company, advanced=5)
    assert again.clock(speed=0).now() - company.clock(speed=0).now() == timedelta(hours=5)
    assert remembered.company(40, Origin(seed=3)) == again


@pytest.mark.parametrize(
    ("customers", "asked"),
    [(41, Origin(seed=3)), (None, Origin(seed=4)), (None, Origin(seed=3, records=900)), (None, Origin(seed=3, activity=1.0))],
)
def test_anything_else_is_a_new_company(remembered: Remembered, customers: int | None, asked: Origin) -> None:
    company = replace(remembered.company(40, Origin(seed=3)), advanced=5)
    remembered.keep(company)
    new = remembered.company(customers, asked)
    assert not new.same_as(company)
    assert new.start > company.start and new.advanced == 0
    assert new.customers == (customers or 40)


def test_asking_changes_nothing(remembered: Remembered) -> None:
    assert remembered.company(None, Origin()).customers == CUSTOMERS
    assert remembered.last() is None


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"records": -1}, {"activity": -0.1}])
def test_a_company_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="A company has 1 customer or more"):
        Origin(**wrong)


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="a speed is 0 or more"):
        Origin(start="2026-06-01T15:00:00+00:00").clock(speed=-1)


class Notes:
    """A memory of the smallest kind."""

    def __init__(self) -> None:
        self.writes = 0
        self.notes: list[str] = []

    def add(self, note: str) -> None:
        self.writes += 1
        self.notes.append(note)

    def kept(self) -> bytes:
        return msgspec.json.encode(self.notes)

    def restore(self, kept: bytes) -> None:
        self.notes = msgspec.json.decode(kept, type=list[str])


OURS = Origin(start="2026-06-01T15:00:00+00:00")


def test_what_was_told_is_there_at_the_next_start_of_the_same_company(tmp_path: Path) -> None:
    path, first, second, other = tmp_path / "notes.json", Notes(), Notes(), Notes()
    keeper = Keeper(path, OURS, first)
    first.add("hello")
    keeper.save()
    Keeper(path, replace(OURS, advanced=9), second).load()
    Keeper(path, replace(OURS, seed=2), other).load()
    assert (second.notes, other.notes) == (["hello"], [])
    assert path.stat().st_mode & 0o077 == 0  # it may hold real customers


def test_it_is_written_only_when_something_changed(tmp_path: Path) -> None:
    path, notes = tmp_path / "notes.json", Notes()
    keeper = Keeper(path, OURS, notes)
    keeper.load()
    keeper.save()
    assert not path.exists()
    notes.add("one")
    keeper.save()
    path.unlink()
    keeper.save()
    assert not path.exists()
    notes.add("two")
    keeper.save()
    assert b'["one","two"]' in path.read_bytes()


def test_what_cannot_be_written_is_written_the_next_time(tmp_path: Path) -> None:
    path, notes = tmp_path / "notes.json", Notes()
    keeper = Keeper(path, OURS, notes)
    notes.add("one")
    path.mkdir()  # in the way
    with pytest.raises(OSError, match="directory"):
        keeper.save()
    path.rmdir()
    keeper.save()
    assert b'["one"]' in path.read_bytes()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"origin": {}}', '{"origin": ORIGIN, "kept": 7}'])
def test_a_file_that_is_none_is_told_with_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.json"
    path.write_text(text.replace("ORIGIN", msgspec.json.encode(OURS).decode()))
    with pytest.raises(ValueError, match=r"notes\.json is not readable .* Remove it"):
        Keeper(path, OURS, Notes()).load()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"customers": "many"}', '{"customers": 0}'])
def test_so_is_one_that_remembers_no_company(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"sandbox\.json is not readable .* Remove it"):
        Remembered(path).last()
