"""Tokens in Redis: at their exact keys, never in clear, readable through every change of keys."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from pytest_django.fixtures import Settings

from config.isolation.actor import acting_as
from config.isolation.errors import IsolationViolation
from config.isolation.tokens import store as module
from config.isolation.tokens.keys import new_key
from config.isolation.tokens.rotation import rotate
from config.isolation.tokens.seal import Seal
from config.isolation.tokens.store import TokenStore, TokensUnreadable, accounts

SECRET = {"access_token": "open", "refresh_token": "sesame", "expires_in": 86399}


@pytest.fixture(autouse=True)
def ghl(tmp_path: Path, settings: Settings, redis_admin: redis.Redis) -> Iterator[None]:
    settings.SEAL_KEYS_FILES = {name: tmp_path / f"{name}.keys" for name in ("ghl", "salesforce")}
    stored = [key for unit in ("ghl", "salesforce") for key in redis_admin.scan_iter(f"{unit}:tokens*")]
    assert stored == []
    with acting_as("ghl"):
        yield
    redis_admin.delete(*(key for unit in ("ghl", "salesforce") for key in redis_admin.scan_iter(f"{unit}:tokens*")), "none")


@pytest.fixture
def keys(settings: Settings) -> Path:
    return Path(settings.SEAL_KEYS_FILES["ghl"])


def test_what_is_saved_is_loaded_and_lies_sealed_at_its_key(redis_admin: redis.Redis) -> None:
    store = TokenStore("ghl", "loc-1")
    assert store.load() is None
    keeps_a_file = redis_admin.config_get("appendonly") == {"appendonly": "yes"}
    assert store.save(SECRET) is keeps_a_file, "whether the server has it on its disk"
    assert store.load() == SECRET
    raw = redis_admin.get("ghl:tokens:loc-1")
    assert raw and "sesame" not in str(raw)
    assert accounts("ghl") == ["loc-1"]
    store.delete()
    assert store.load() is None
    assert accounts("ghl") == []


def test_new_tokens_take_the_place_of_those_they_came_from_alone() -> None:
    store, newer = TokenStore("ghl", "loc-1"), SECRET | {"refresh_token": "newer"}
    assert store.exchange(SECRET, newer) is False, "nothing is there"
    store.save(SECRET)
    assert store.exchange(SECRET, newer) is True
    assert store.exchange(SECRET, SECRET | {"refresh_token": "late"}) is False
    assert store.load() == newer


def test_new_tokens_are_stored_while_keys_change(monkeypatch: pytest.MonkeyPatch) -> None:
    store, newer = TokenStore("ghl", "loc-1"), SECRET | {"refresh_token": "newer"}
    store.save(SECRET)
    real, reads = TokenStore._open, list[str]()

    def disturbed(self: TokenStore, sealed: str) -> dict[str, Any]:
        reads.append(sealed)
        content = real(self, sealed)
        if len(reads) == 1:
            rotate("ghl")
        return content

    monkeypatch.setattr(TokenStore, "_open", disturbed)
    assert store.exchange(SECRET, newer) is True
    assert store.load() == newer


def test_salesforce_has_one_account_at_the_agreed_key(redis_admin: redis.Redis) -> None:
    with acting_as("salesforce"):
        TokenStore("salesforce").save(SECRET)
    assert redis_admin.exists("salesforce:tokens:default")


def test_another_unit_neither_loads_nor_saves() -> None:
    TokenStore("ghl", "a").save(SECRET)
    with acting_as("salesforce"):
        for act in (TokenStore("ghl", "a").load, lambda: TokenStore("ghl", "a").save({}), TokenStore("ghl", "a").delete):
            with pytest.raises(IsolationViolation):
                act()


@pytest.mark.parametrize("account", ["", "a:b", "a b", "*", "../a"])
def test_an_account_cannot_name_another_key(account: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        TokenStore("ghl", account)


def test_tokens_copied_to_another_account_do_not_open(redis_admin: redis.Redis) -> None:
    TokenStore("ghl", "a").save(SECRET)
    redis_admin.copy("ghl:tokens:a", "ghl:tokens:b")
    with pytest.raises(TokensUnreadable, match="copied here"):
        TokenStore("ghl", "b").load()


def test_lost_keys_are_an_error_that_says_what_to_do(keys: Path) -> None:
    store = TokenStore("ghl", "a")
    store.save(SECRET)
    keys.write_text(f"{new_key()}\n")
    with pytest.raises(TokensUnreadable) as unreadable:
        store.load()
    said = str(unreadable.value)
    assert "ghl:tokens:a" in said and str(keys) in said
    assert "connect the account 'a' of 'ghl' again" in said
    assert "sesame" not in said
    store.save(SECRET)
    assert store.load() == SECRET, "connecting again replaces what could not be opened"


def test_a_load_seals_with_the_newest_key(keys: Path, redis_admin: redis.Redis) -> None:
    store = TokenStore("ghl", "a")
    store.save(SECRET)
    old = keys.read_text()
    keys.write_text(f"{new_key()}\n{old}")
    before = redis_admin.get("ghl:tokens:a")
    assert store.load() == SECRET
    assert redis_admin.get("ghl:tokens:a") != before
    keys.write_text(keys.read_text().splitlines()[0])
    assert store.load() == SECRET, "the old key is needed no more"


def test_sealing_anew_never_brings_back_older_tokens(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process saves between our look and our sealing: its tokens stay. A used refresh token would lock us out."""
    store = TokenStore("ghl", "a")
    store.save({"refresh_token": "used"})
    keys.write_text(f"{new_key()}\n{keys.read_text()}")
    close = Seal.close

    def close_late(self: Seal, content: dict[str, Any]) -> str:
        monkeypatch.undo()
        store.save({"refresh_token": "fresh"})
        return close(self, content)

    monkeypatch.setattr(Seal, "close", close_late)
    assert store.load() == {"refresh_token": "used"}
    assert store.load() == {"refresh_token": "fresh"}


def test_rotation_seals_all_accounts_anew_and_drops_the_old_keys(keys: Path) -> None:
    for account in ("a", "b", "c"):
        TokenStore("ghl", account).save({"account": account})
    first = keys.read_text().split()
    done = rotate("ghl", drop_old=True)
    assert (done.resealed, done.dropped, done.keys, done.problems) == (3, 1, 1, [])
    assert not set(first) & set(keys.read_text().split())
    for account in ("a", "b", "c"):
        assert TokenStore("ghl", account).load() == {"account": account}


def test_keys_stay_while_something_cannot_be_sealed_anew(keys: Path, redis_admin: redis.Redis) -> None:
    TokenStore("ghl", "a").save(SECRET)
    TokenStore("ghl", "b").save(SECRET)
    redis_admin.set("ghl:tokens:b", "spoilt")
    done = rotate("ghl", drop_old=True)
    assert (done.dropped, done.keys) == (0, 2)
    assert "ghl:tokens:b" in " ".join(done.problems)


def test_keys_come_back_where_somebody_sealed_with_one_meanwhile(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = TokenStore("ghl", "a")
    store.save(SECRET)
    looks = iter([True, False])
    monkeypatch.setattr(TokenStore, "is_sealed_with_newest", lambda self: next(looks))
    done = rotate("ghl", drop_old=True)
    assert (done.dropped, done.keys) == (0, 2)
    assert store.load() == SECRET


def test_processes_load_and_save_while_keys_are_rotated() -> None:
    """The whole time, without one unreadable moment."""
    store, ends, seen, wrong = TokenStore("ghl", "a"), threading.Event(), [0], []
    store.save({"number": 0})

    def work() -> None:
        with acting_as("ghl"):
            mine = TokenStore("ghl", "a")
            while not ends.is_set():
                try:
                    loaded = mine.load()
                    assert loaded is not None
                    mine.save({"number": loaded["number"] + 1})
                    seen[0] += 1
                except Exception as error:  # whatever it is, it must not happen
                    wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(9):
        rotate("ghl", drop_old=number % 3 == 2)
        before = seen[0]
        while seen[0] < before + 3 and not wrong:
            time.sleep(0.001)
    ends.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert store.load() is not None


def test_nothing_of_the_tokens_is_logged(caplog: pytest.LogCaptureFixture, keys: Path) -> None:
    caplog.set_level(logging.DEBUG)
    store = TokenStore("ghl", "a")
    store.save(SECRET)
    store.load()
    rotate("ghl")
    assert "sesame" not in caplog.text
    assert keys.read_text().split()[0] not in caplog.text


def test_a_server_that_cannot_wait_for_its_disk_stores_them_all_the_same(
    monkeypatch: pytest.MonkeyPatch, redis_admin: redis.Redis
) -> None:
    """As Redis before 7.2 answers."""
    execute = module.TokenStore._to_disk

    def old(self: TokenStore, pipe: Any) -> list[Any]:
        answers = execute(self, pipe)
        return [*answers[:-1], redis.ResponseError("unknown command 'WAITAOF'")]

    monkeypatch.setattr(TokenStore, "_to_disk", old)
    assert TokenStore("ghl", "a").save(SECRET) is False
    assert TokenStore("ghl", "a").load() == SECRET


SAVE = """
import os, sys, django
from pathlib import Path
import tests.settings
tests.settings.SEAL_KEYS_FILES["ghl"] = Path("{file}")
django.setup()
from config.isolation.actor import acting_as
from config.isolation.tokens.store import TokenStore
with acting_as("ghl"):
    TokenStore("ghl", sys.argv[1]).save(dict(n=1))
os.kill(os.getpid(), 9)
"""


def test_a_process_killed_right_behind_a_save_has_saved(keys: Path, redis_admin: redis.Redis) -> None:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    code = SAVE.format(file=keys)
    done = subprocess.run([sys.executable, "-c", code, "killed"], env=environment, timeout=60, check=False)
    assert done.returncode == -9
    assert TokenStore("ghl", "killed").load() == {"n": 1}
