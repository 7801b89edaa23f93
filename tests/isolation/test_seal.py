"""Sealing: opens only where it was closed, and keys can be changed while processes run."""

import json
import os
import stat
import subprocess
import sys
import threading
from io import StringIO
from pathlib import Path

import pytest
import redis
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from config.isolation.manifest import UNITS
from config.isolation.tokens.keys import SealKeysMissing, new_key
from config.isolation.tokens.rotation import rotate
from config.isolation.tokens.seal import Seal, SealBroken

SECRET = {"refresh_token": "sesame", "expires_in": 86399}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    """Keys of this test's own."""
    settings.SEAL_KEYS_FILES = {unit.name: tmp_path / "seal" / f"{unit.name}.keys" for unit in UNITS if unit.tokens}
    return tmp_path / "seal"


def test_what_was_closed_opens_again_and_shows_nothing_meanwhile() -> None:
    sealed = Seal("ghl", "a").close(SECRET)
    assert "sesame" not in sealed
    assert Seal("ghl", "a").open(sealed) == SECRET


def test_it_opens_neither_at_another_place_nor_for_another_unit(folder: Path) -> None:
    sealed = Seal("ghl", "ghl:tokens:a").close(SECRET)
    with pytest.raises(SealBroken, match="It was sealed for 'ghl' as 'ghl:tokens:a', and copied here"):
        Seal("ghl", "ghl:tokens:b").open(sealed)
    Seal("salesforce").close({})
    with pytest.raises(SealBroken, match="not sealed with any of the keys"):
        Seal("salesforce", "ghl:tokens:a").open(sealed)
    (folder / "salesforce.keys").write_text((folder / "ghl.keys").read_text())  # even with the same key
    with pytest.raises(SealBroken, match="sealed for 'ghl'"):
        Seal("salesforce", "ghl:tokens:a").open(sealed)


@pytest.mark.parametrize("spoilt", ["", "x", "gAAAAA", "é"])
def test_what_is_no_seal_is_an_error_with_a_name(spoilt: str) -> None:
    with pytest.raises(SealBroken):
        Seal("ghl").open(spoilt)


def test_one_changed_letter_is_noticed() -> None:
    sealed = Seal("ghl").close(SECRET)
    with pytest.raises(SealBroken):
        Seal("ghl").open(sealed[:40] + ("A" if sealed[40] != "A" else "B") + sealed[41:])


def test_the_first_key_is_made_for_its_owner_alone(folder: Path) -> None:
    Seal("ghl").close({})
    assert stat.S_IMODE((folder / "ghl.keys").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir()) == ["ghl.keys"]


def test_many_at_once_make_one_key(folder: Path) -> None:
    sealed: list[str] = []
    start = threading.Barrier(8)

    def close() -> None:
        start.wait()
        sealed.append(Seal("ghl").close(SECRET))

    threads = [threading.Thread(target=close) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [Seal("ghl").open(one) for one in sealed] == [SECRET] * 8
    assert len((folder / "ghl.keys").read_text().split()) == 1


def test_in_production_no_key_is_made_and_the_error_says_how_to_make_one(folder: Path, settings: Settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(SealKeysMissing, match=r"manage\.py seal rotate --unit ghl") as missing:
        Seal("ghl").close(SECRET)
    assert str(folder / "ghl.keys") in str(missing.value)
    assert "GHL_SEAL_KEYS_FILE" in str(missing.value)
    assert not folder.exists()


@pytest.mark.parametrize("content", ["", "# nothing\n", "no key\n", f"{'A' * 43}=\nbroken\n"])
def test_a_file_without_sound_keys_is_an_error_that_shows_none(folder: Path, content: str) -> None:
    folder.mkdir()
    (folder / "ghl.keys").write_text(content)
    with pytest.raises(SealKeysMissing, match="put the file back") as missing:
        Seal("ghl").close(SECRET)
    assert not any(len(word) > 20 and word in str(missing.value) for word in content.split())


def test_a_unit_without_tokens_has_no_seal() -> None:
    with pytest.raises(ImproperlyConfigured, match="'monitor' keeps no tokens"):
        Seal("monitor")


def test_keys_may_be_changed_while_a_process_runs(folder: Path) -> None:
    seal = Seal("ghl", "a")
    old = seal.close(SECRET)
    file = folder / "ghl.keys"
    file.write_text(f"{new_key()}\n{file.read_text()}")
    assert seal.open(old) == SECRET
    assert not seal.is_newest(old)
    new = seal.close(SECRET)
    assert seal.is_newest(new)
    file.write_text(file.read_text().splitlines()[0])
    assert seal.open(new) == SECRET
    with pytest.raises(SealBroken):
        seal.open(old)


def test_keys_changed_behind_the_same_date_and_size_are_found_when_opening_fails(folder: Path) -> None:
    seal = Seal("ghl")
    seal.close(SECRET)
    file, key = folder / "ghl.keys", new_key()
    before = file.stat()
    with file.open("r+") as opened:
        opened.write(f"{key}\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    plain = {"unit": "ghl", "name": "", "content": SECRET}
    assert seal.open(Fernet(key).encrypt(json.dumps(plain).encode()).decode()) == SECRET


def test_the_command_makes_and_changes_keys(folder: Path, redis_users: None) -> None:
    said = StringIO()
    call_command("seal", "rotate", "--unit", "ghl", "--json", stdout=said)
    assert json.loads(said.getvalue())["units"][0] | {"file": ""} == {
        "unit": "ghl", "file": "", "resealed": 0, "keys": 1, "dropped": 0, "problems": [],
    }  # fmt: skip
    first = (folder / "ghl.keys").read_text()
    call_command("seal", "rotate", stdout=StringIO())
    assert (folder / "ghl.keys").read_text().splitlines()[1:] == first.splitlines()
    assert (folder / "salesforce.keys").exists()
    call_command("seal", "rotate", "--unit", "ghl", "--drop-old", stdout=said)
    assert len((folder / "ghl.keys").read_text().split()) == 1
    assert "2 old keys dropped" in said.getvalue()
    assert not any(key in said.getvalue() for key in (folder / "ghl.keys").read_text().split())


def test_a_file_that_cannot_be_changed_here_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a secret is mounted into a container."""
    folder.mkdir()

    def refuse(*args: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("config.isolation.tokens.keys.write_private", refuse)
    with pytest.raises(CommandError, match="Read-only file system"):
        call_command("seal", "rotate", "--unit", "ghl")


ROTATE = """
import django
from pathlib import Path
import tests.settings
tests.settings.SEAL_KEYS_FILES["ghl"] = Path("{file}")
django.setup()
from config.isolation.tokens.rotation import rotate
for _ in range(3):
    rotate("ghl")
"""


def test_two_processes_that_change_keys_lose_none(folder: Path, redis_users: None, redis_admin: redis.Redis) -> None:
    rotate("ghl")
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    code = ROTATE.format(file=folder / "ghl.keys")
    processes = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert len(set((folder / "ghl.keys").read_text().split())) == 7
