import os
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.embedded import EmbeddedError, plan, status, stop
from tests.embedded.helpers import as_account, needs_root, python


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_once_and_then_read(tmp_path: Path) -> None:
    first = plan(tmp_path / "deep" / "hub")

    assert plan(tmp_path / "deep" / "hub") == first
    assert len(first.secret_key) >= 50


def test_addresses_name_the_owner_and_loopback(tmp_path: Path) -> None:
    made = plan(tmp_path / "hub")
    database, redis = urlsplit(made.database_url), urlsplit(made.redis_url)

    assert (database.scheme, database.username, database.hostname, database.path) == (
        "postgres",
        "hub_owner",
        "127.0.0.1",
        "/hub",
    )
    assert (redis.scheme, redis.username, redis.hostname, redis.path) == ("redis", "hub", "127.0.0.1", "/0")
    assert database.port != redis.port
    assert database.password != redis.password


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    plan(tmp_path / "hub")
    private = tmp_path / "hub" / "private"

    assert mode(private) == 0o700
    assert mode(private / "plan.json") == 0o600
    assert mode(tmp_path / "hub") & 0o066 == 0


def test_its_secrets_do_not_get_into_logs_with_it(tmp_path: Path) -> None:
    made = plan(tmp_path / "hub")

    assert made.secret_key not in repr(made)
    assert str(urlsplit(made.database_url).password) not in repr(made)


def test_processes_that_come_first_together_agree(tmp_path: Path) -> None:
    code = "from config.embedded.plan import plan; print(plan(Path(sys.argv[1])).secret_key)"
    processes = [python(code, tmp_path / "hub") for _ in range(8)]

    said = {process.communicate(timeout=30)[0].strip() for process in processes}

    assert said == {plan(tmp_path / "hub").secret_key}


def test_two_ways_to_one_folder_lead_to_one_plan(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "hub")

    assert plan(tmp_path / "hub") == plan(tmp_path / "link")


def test_looking_and_stopping_make_nothing(tmp_path: Path) -> None:
    assert status(tmp_path / "hub") == []
    assert stop(tmp_path / "hub") == []
    assert not (tmp_path / "hub").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"postgres_port": 1}'])
def test_a_damaged_plan_is_not_replaced_by_a_new_one(tmp_path: Path, text: str) -> None:
    plan(tmp_path / "hub")
    file = tmp_path / "hub" / "private" / "plan.json"
    file.write_text(text)

    with pytest.raises(EmbeddedError, match=r"plan\.json cannot be understood: restore it"):
        plan(tmp_path / "hub")
    assert file.read_text() == text


def test_a_kill_while_writing_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "hub" / "private").mkdir(parents=True)
    (tmp_path / "hub" / "private" / "plan.json.new").write_text('{"postgres_p')

    assert plan(tmp_path / "hub") == plan(tmp_path / "hub")


@needs_root
def test_somebody_elses_folder_is_refused_with_a_sentence(place: Path) -> None:
    plan(place / "hub")

    said = as_account(65534, 65534)("plan(folder)", place / "hub")

    assert said.returncode == 1
    assert "EmbeddedError: Cannot keep the plan" in said.stdout
    assert "set HUB_DATA_DIR to a folder of your own" in said.stdout


@needs_root
def test_root_in_an_ordinary_users_folder_does_not_lock_the_user_out(place: Path) -> None:
    (place / "hub").mkdir()
    os.chown(place / "hub", 65534, 65534)
    plan(place / "hub")

    said = as_account(65534, 65534)("print(plan(folder).secret_key)", place / "hub")

    assert said.stdout.strip() == plan(place / "hub").secret_key
