"""Fence 4, kept: the server's users are what the manifest says, drift is found and mended, nothing foreign is touched."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings as project
from pytest_django.fixtures import Settings

from config import embedded
from config.embedded.plan import change, free_port
from config.isolation.credentials import redis_urls
from config.isolation.manifest import BY_NAME, UNITS
from config.isolation.redis import acl
from config.isolation.redis.acl_rules import bus_rules
from config.isolation.redis.connection import RedisLoginRefused, connection_options
from tests.embedded.helpers import kill, throw_away_folder, valkey

# They change or look at the whole server: one after the other, whichever process they run in.
pytestmark = [pytest.mark.usefixtures("administrator"), pytest.mark.usefixtures("server_wide")]


def user(name: str) -> str:
    return str(urlsplit(project.REDIS_URLS[name]).username)


def set_user(administrator: redis.Redis, name: str, *rules: str) -> None:
    administrator.execute_command("ACL", "SETUSER", name, *rules)


def connected(url: str) -> redis.Redis:
    return redis.Redis.from_pool(redis.ConnectionPool.from_url(url, **connection_options(url, decode_responses=True)))


def test_applied_once_nothing_differs() -> None:
    assert acl.apply(dry_run=True).changes == []
    assert acl.apply().changes == []


def test_every_unit_and_the_bus_log_in_with_what_the_settings_say() -> None:
    assert set(project.REDIS_URLS) == {*BY_NAME, "bus"}
    assert len({urlsplit(url).password for url in project.REDIS_URLS.values()}) == len(UNITS) + 1
    for url in project.REDIS_URLS.values():
        with connected(url) as client:
            assert client.ping()


DRIFT = {
    "more keys": (["~salesforce:*"], "keys too many: ~salesforce:*"),
    "all keys": (["allkeys"], "keys too many: ~*"),
    "keys to write that are only read": (["~switch:*"], "keys too many: ~switch:*"),
    "fewer keys": (["resetkeys"], "keys missing"),
    "a command more": (["+keys"], "commands too many: +keys"),
    "all commands": (["+@all"], "commands too many: +@all"),
    "a group of commands": (["+@admin"], "commands too many: +@admin"),
    "a command less": (["-get"], "commands"),
    "channels": (["allchannels"], "channels too many: &*"),
    "switched off": (["off"], "switched off"),
    "no password asked": (["nopass"], "asks for no password"),
    "another password": (["resetpass", ">lost"], "another password"),
    "a second password": ([">spare"], "another password"),
    "a selector": (["(+@all ~*)"], "more rules"),
}


@pytest.mark.parametrize("drift", DRIFT)
def test_drift_is_found_and_mended(administrator: redis.Redis, drift: str) -> None:
    rules, words = DRIFT[drift]
    set_user(administrator, user("ghl"), *rules)
    found = acl.apply(dry_run=True).changes
    assert len(found) == 1
    assert found[0].startswith(f"Redis user {user('ghl')}: ") and words in found[0]
    assert acl.apply(dry_run=True).changes == found, "check must change nothing"
    assert acl.apply().changes == found
    assert acl.apply(dry_run=True).changes == []


def test_a_user_that_was_removed_comes_back(administrator: redis.Redis) -> None:
    administrator.acl_deluser(user("monitor"))
    assert acl.apply().changes == [f"create Redis user {user('monitor')}"]
    with connected(project.REDIS_URLS["monitor"]) as client:
        assert client.set("monitor:isolation-test", 1, px=1000)


def test_on_our_own_server_a_user_no_unit_has_is_removed(administrator: redis.Redis) -> None:
    if not project.EMBEDDED:
        pytest.skip("the suite runs on a given server")
    stray = f"{project.HUB_ROLE_PREFIX}hubspot"
    set_user(administrator, stray, "on", ">x", "~*", "+@all")
    assert acl.apply().changes == [f"remove Redis user {stray}, which no unit has"]
    assert stray not in administrator.acl_users()


def test_on_a_given_server_it_is_only_reported(administrator: redis.Redis, settings: Settings) -> None:
    stray = f"{project.HUB_ROLE_PREFIX}hubspot"
    set_user(administrator, stray, "on", ">x", "~*", "+@all")
    settings.EMBEDDED = False
    try:
        outcome = acl.apply()
        assert outcome.changes == []
        assert any(stray in refusal and "ACL DELUSER" in refusal for refusal in outcome.refused)
        assert stray in administrator.acl_users()
    finally:
        administrator.acl_deluser(stray)


def test_without_acls_the_prefix_is_the_clients_alone_and_that_is_said(settings: Settings) -> None:
    settings.HUB_REDIS_ACL = False
    outcome = acl.apply()
    assert outcome.changes == outcome.refused == []
    assert "the client alone keeps each to its own keys" in outcome.notes[0]


def test_a_login_that_may_not_make_users_says_what_to_do(settings: Settings) -> None:
    settings.REDIS_URL = project.REDIS_URLS["ghl"]
    refused = acl.apply().refused
    assert len(refused) == 1
    assert "HUB_REDIS_ACL=false" in refused[0]


def test_a_wrong_login_and_a_dead_server_are_sentences(settings: Settings) -> None:
    parts = urlsplit(settings.REDIS_URL)
    settings.REDIS_URL = parts._replace(netloc=f"nobody:x@{parts.hostname}:{parts.port}").geturl()
    assert "refuses the login 'nobody'" in acl.apply().refused[0]
    settings.EMBEDDED, settings.REDIS_URL = False, "redis://127.0.0.1:9/0"
    assert "the server at 127.0.0.1:9 does not answer" in acl.apply().refused[0]


def test_a_refused_login_says_what_to_run(administrator: redis.Redis) -> None:
    administrator.acl_deluser(user("ghl"))
    with pytest.raises(RedisLoginRefused, match=r"manage\.py isolation apply") as refused:
        connected(project.REDIS_URLS["ghl"]).ping()
    assert str(urlsplit(project.REDIS_URLS["ghl"]).password) not in str(refused.value)


def test_an_address_of_its_own_at_another_server_or_with_the_administrators_login_is_left_alone(settings: Settings) -> None:
    settings.REDIS_URLS = project.REDIS_URLS | {"ghl": "redis://ghl:x@elsewhere:6379/0", "monitor": project.REDIS_URL}
    outcome = acl.apply()
    assert outcome.changes == [] or all("remove" in change for change in outcome.changes)
    assert "'ghl' uses another Redis server" in outcome.notes[0]
    assert "'monitor' logs in as" in outcome.notes[1]
    with acl.administrator() as client:
        assert client.acl_whoami() == (urlsplit(settings.REDIS_URL).username or "default")


def test_the_bus_listens_in_its_own_database() -> None:
    assert "&celery:/3.celery.pidbox" in bus_rules(3).channels


@pytest.fixture
def own_server() -> Iterator[Path]:
    with throw_away_folder() as folder:
        embedded.ensure(folder / "hub")
        yield folder / "hub"


@pytest.mark.slow
def test_the_users_survive_a_restart_a_kill_and_another_port(own_server: Path, settings: Settings) -> None:
    """Also of a server that was killed the moment they were made."""
    settings.HUB_DATA_DIR, settings.EMBEDDED = own_server, True
    _use(settings, embedded.plan(own_server).redis_url)
    assert any(change.startswith("create") for change in acl.apply().changes)
    kill([valkey(own_server)])
    with connected(settings.REDIS_URLS["ghl"]) as ghl:  # starts it again
        assert ghl.set("ghl:kept", 1)
    assert acl.apply(dry_run=True).changes == []
    embedded.stop(own_server)
    change(own_server, redis_port=free_port())
    _use(settings, embedded.plan(own_server).redis_url)
    with connected(settings.REDIS_URLS["ghl"]) as ghl:
        assert ghl.get("ghl:kept") == "1"
    with connected(settings.REDIS_URLS["ghl"]) as ghl, pytest.raises(redis.exceptions.NoPermissionError):
        ghl.get("salesforce:kept")


def _use(settings: Settings, url: str) -> None:
    settings.REDIS_URL = url
    settings.REDIS_URLS = redis_urls(url, {}, "of this test", project.HUB_ROLE_PREFIX, acl=True)


def test_a_server_open_to_everybody_is_told_and_not_changed(own_server: Path, settings: Settings) -> None:
    settings.EMBEDDED = False
    _use(settings, embedded.plan(own_server).redis_url)
    with acl.administrator() as client:
        set_user(client, "default", "on", "nopass", "~*", "+@all")
        outcome = acl.apply()
        assert any("without a password" in note for note in outcome.notes)
        assert "on" in client.acl_getuser("default")["flags"]
        settings.EMBEDDED = True
        assert "switch off Redis user default, which asks for no password" in acl.apply().changes
        assert "off" in client.acl_getuser("default")["flags"]
