"""Fence 4, at the client: nothing outside the unit's keys is sent, whichever way redis-py offers to send it."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from config.backoffice.sessions import SessionStore
from config.isolation.actor import acting_as
from config.isolation.errors import IsolationViolation
from config.isolation.manifest import BY_NAME, UNITS
from config.isolation.redis.client import UnitRedis, check, unit_redis
from config.isolation.redis.commands import COMMANDS, CONNECTING
from config.isolation.redis.connection import connection_options
from servicetitan.http import shared_budget, shared_redis

FOREIGN, OWN = "salesforce:isolation-test", "ghl:isolation-test"


@pytest.fixture
def ghl(redis_admin: redis.Redis) -> Iterator[UnitRedis]:
    with acting_as("ghl"), unit_redis("ghl", decode_responses=True) as client:
        yield client
    redis_admin.delete(FOREIGN, OWN, f"{OWN}:2", "switch:isolation-test")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What leaves for the server, as bytes."""
    seen: list[bytes] = []
    send: Any = redis.Connection.send_packed_command

    def note(self: redis.Connection, command: Any, check_health: bool = True) -> Any:
        seen.extend([command] if isinstance(command, bytes) else [bytes(part) for part in command])
        return send(self, command, check_health)

    monkeypatch.setattr(redis.Connection, "send_packed_command", note)
    return seen


def _set(pipe: Any, key: str) -> None:
    pipe.multi()
    pipe.set(key, 1)


def _watch(client: UnitRedis, key: str) -> None:
    with client.pipeline() as pipe:
        pipe.watch(key)


def _immediate(client: UnitRedis, key: str) -> None:
    with client.pipeline() as pipe:
        pipe.watch(OWN)
        pipe.get(key)


def _queued(client: UnitRedis, key: str) -> None:
    with client.pipeline() as pipe:
        pipe.set(key, 1)
        pipe.execute()


def _past_execute(client: UnitRedis, key: str) -> None:
    with client.pipeline() as pipe:
        pipe.pipeline_execute_command("SET", key, 1)
        pipe.execute()


WAYS: dict[str, Callable[[UnitRedis, str], Any]] = {
    "get": lambda r, key: r.get(key),
    "set": lambda r, key: r.set(key, 1),
    "bytes": lambda r, key: r.get(key.encode()),
    "memory": lambda r, key: r.get(memoryview(key.encode())),
    "several": lambda r, key: r.mget(OWN, key),
    "delete among own": lambda r, key: r.delete(OWN, key),
    "rename there": lambda r, key: r.rename(OWN, key),
    "rename from there": lambda r, key: r.rename(key, OWN),
    "copy there": lambda r, key: r.copy(OWN, key),
    "union": lambda r, key: r.sunionstore(OWN, [key]),
    "move": lambda r, key: r.lmove(key, OWN),
    "wait for": lambda r, key: r.blpop([OWN, key], timeout=1),
    "mset": lambda r, key: r.mset({OWN: 1, key: 2}),
    "script": lambda r, key: r.eval("return 1", 1, key),
    "second key of a script": lambda r, key: r.eval("return 1", 2, OWN, key),
    "registered script": lambda r, key: r.register_script("return 1")(keys=[key]),
    "lock": lambda r, key: r.lock(key, timeout=1).acquire(blocking=False),
    "stream": lambda r, key: r.xread({key: "0"}),
    "stream behind own": lambda r, key: r.xread({OWN: "0", key: "0"}),
    "group": lambda r, key: r.xgroup_create(key, "g"),
    "queued": _queued,
    "queued past the usual way": _past_execute,
    "transaction": lambda r, key: r.transaction(lambda pipe: _set(pipe, key), OWN),
    "watch": _watch,
    "at once in a transaction": _immediate,
    "own connection": lambda r, key: r.client().get(key),
    "publish": lambda r, key: r.publish(key, "x"),
    "subscribe": lambda r, key: r.pubsub().subscribe(key),
    "subscribe by pattern": lambda r, key: r.pubsub().psubscribe(f"{key}*"),
    "in one word": lambda r, key: r.execute_command(f"GET {key}"),
    "in lower case": lambda r, key: r.execute_command("get", key),
}


@pytest.mark.parametrize("key", [FOREIGN, "celery:isolation-test", "session:isolation-test", "nobodys-test", "GHL:x", "xghl:x"])
@pytest.mark.parametrize("way", WAYS)
def test_a_foreign_key_is_refused_before_it_is_sent(ghl: UnitRedis, sent: list[bytes], way: str, key: str) -> None:
    with pytest.raises(IsolationViolation, match=r"'ghl' .* tried to"):
        WAYS[way](ghl, key)
    assert not any(key.encode() in part for part in sent)


READING = {"get", "bytes", "memory", "several", "union", "stream", "stream behind own", "watch", "at once in a transaction",
           "own connection", "in one word", "in lower case"}  # fmt: skip


@pytest.mark.parametrize("way", [way for way in WAYS if way not in READING])
def test_what_may_only_be_read_is_not_written(ghl: UnitRedis, way: str) -> None:
    with pytest.raises(IsolationViolation, match="It may read switch"):
        WAYS[way](ghl, "switch:isolation-test")


def test_what_may_be_read_is_read(ghl: UnitRedis, redis_admin: redis.Redis) -> None:
    redis_admin.set("switch:isolation-test", "hold")
    assert ghl.get("switch:isolation-test") == "hold"
    assert ghl.mget(OWN, "switch:isolation-test") == [None, "hold"]
    assert ghl.copy("switch:isolation-test", OWN) and ghl.get(OWN) == "hold"


def test_own_keys_serve_every_purpose(ghl: UnitRedis) -> None:
    assert ghl.set(OWN, 1, ex=60) and ghl.ttl(OWN) > 0
    assert ghl.register_script("return redis.call('INCR', KEYS[1])")(keys=[OWN]) == 2
    with ghl.pipeline() as pipe:
        pipe.watch(OWN)
        assert pipe.get(OWN) == "2"
        pipe.multi()
        pipe.incr(OWN)
        assert pipe.execute() == [3]
    with ghl.lock(f"{OWN}:2", timeout=5) as lock:
        lock.extend(5)
    with ghl.pubsub(ignore_subscribe_messages=False) as listener:
        listener.subscribe(OWN)
        listener.psubscribe("ghl:*")
        assert {listener.get_message(timeout=5)["type"] for _ in range(2)} == {"subscribe", "psubscribe"}
        assert ghl.publish(OWN, "x") == 2


@pytest.mark.parametrize("command", [
    "KEYS *", "SCAN 0", "RANDOMKEY", "DBSIZE", "FLUSHALL", "FLUSHDB", "CONFIG GET dir", "ACL WHOAMI", "DEBUG JMAP",
    "SHUTDOWN", "MONITOR", "MIGRATE", "SCRIPT FLUSH", "FUNCTION LOAD", "FCALL f 0", "MODULE LIST", "SWAPDB 0 1",
    "CLIENT KILL ID 1", "SELECT 5", "AUTH x y", "HELLO 3 AUTH x y", "RESET", "SORT ghl:x BY salesforce:*",
    "OBJECT FREQ ghl:x", "NONSENSE", "INFO", "MOVE ghl:x 1",
])  # fmt: skip
def test_a_command_that_is_not_on_the_list_is_refused(ghl: UnitRedis, sent: list[bytes], command: str) -> None:
    sends: list[Callable[[], Any]] = [
        lambda: ghl.execute_command(*command.split()),
        lambda: ghl.pipeline().execute_command(command),
    ]
    for send in sends:
        with pytest.raises(IsolationViolation, match="not among the commands a unit may use"):
            send()
    assert sent == []


def test_watching_the_server_and_its_keys_is_refused(ghl: UnitRedis) -> None:
    for act in (ghl.monitor, lambda: list(ghl.scan_iter()), ghl.flushdb, ghl.acl_whoami, lambda: ghl.auth("x", "y")):
        with pytest.raises(IsolationViolation):
            act()


@pytest.mark.parametrize("words", [
    ("EVAL", "return 1", "x", "ghl:a"), ("EVAL", "return 1", "9", "ghl:a"), ("EVAL", "return 1", "-1"), ("EVAL", "return 1"),
    ("XREAD", "ghl:a", "0"), ("XREADGROUP", "GROUP", "STREAMS", "ghl:a", "STREAMS", "salesforce:a", "0"),
])  # fmt: skip
def test_keys_that_cannot_be_told_are_refused(words: tuple[str, ...]) -> None:
    with acting_as("ghl"), pytest.raises(IsolationViolation, match="whose keys cannot be told"):
        check(BY_NAME["ghl"], words)


@hypothesis(deadline=None)
@given(words=st.lists(st.text(max_size=12) | st.sampled_from([FOREIGN, OWN, *COMMANDS]) | st.integers(), min_size=1, max_size=6))
def test_whatever_is_passed_it_is_allowed_or_refused(words: list[Any]) -> None:
    with acting_as("ghl"):
        try:
            check(BY_NAME["ghl"], words)
        except IsolationViolation:
            return
    name = str(words[0]).split()[0].upper() if str(words[0]).split() else ""
    assert not name or any(known.split("|")[0] == name for known in COMMANDS)


def test_only_the_unit_itself_uses_its_client(ghl: UnitRedis, sent: list[bytes]) -> None:
    with acting_as("salesforce"), pytest.raises(IsolationViolation, match="'salesforce' tried to use the Redis client of 'ghl'"):
        ghl.get(OWN)
    assert sent == []


def test_the_refusal_explains_itself(ghl: UnitRedis) -> None:
    with pytest.raises(IsolationViolation) as refused:
        ghl.set("salesforce:tokens:default", 1)
    said = str(refused.value)
    assert "'ghl' (sends customers and estimates to GoHighLevel)" in said  # who
    assert "'salesforce:tokens:...'" in said  # what
    assert "belongs to 'salesforce' (sends customers to Salesforce)" in said  # whose
    assert "ghl:*" in said  # what it may
    assert "task on its queue" in said  # what to do instead


def test_the_refusal_shows_no_session(ghl: UnitRedis) -> None:
    with pytest.raises(IsolationViolation) as refused:
        ghl.get("session:sesame")
    assert "sesame" not in str(refused.value)


def test_where_the_client_is_passed_by_the_server_refuses(ghl: UnitRedis) -> None:
    """A script may name keys that it did not declare: only the server sees that."""
    with pytest.raises(redis.ResponseError, match=r"(?i)permission"):
        ghl.eval(f"return redis.call('SET', '{FOREIGN}', 1)", 0)
    connection = ghl.connection_pool.get_connection()
    connection.send_command("SET", FOREIGN, 1)
    with pytest.raises(redis.exceptions.NoPermissionError):
        connection.read_response()
    ghl.connection_pool.release(connection)


def test_a_timeout_is_always_set_and_cannot_be_left_out() -> None:
    assert unit_redis("ghl").connection_pool.connection_kwargs["socket_timeout"] > 0
    with pytest.raises(ValueError, match="without a timeout"):
        connection_options("redis://x", socket_timeout=None)


def test_a_unit_has_one_pool_a_process_and_its_child_makes_its_own_connections(ghl: UnitRedis) -> None:
    assert unit_redis("ghl", decode_responses=True).connection_pool is ghl.connection_pool
    assert unit_redis("salesforce", decode_responses=True).connection_pool is not ghl.connection_pool
    mine = ghl.client_id()
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, str(ghl.client_id()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reading, 20)) != mine
    assert ghl.client_id() == mine


def test_a_process_without_the_units_address_says_which_setting_is_missing(settings: Settings) -> None:
    settings.REDIS_URLS = {}
    with pytest.raises(ImproperlyConfigured, match="set GHL_REDIS_URL, or the administrator's REDIS_URL"):
        unit_redis("ghl")


def test_the_rate_budget_lies_at_its_key(redis_admin: redis.Redis, settings: Settings) -> None:
    settings.SERVICETITAN_TENANT_ID = "4711"
    with acting_as("servicetitan"):
        shared_budget(shared_redis()).take()
    assert redis_admin.exists("servicetitan:budget:4711")
    with pytest.raises(IsolationViolation):
        shared_budget(shared_redis()).take()


def test_a_persons_session_lies_at_its_key_and_passes_the_fence(redis_admin: redis.Redis) -> None:
    session = SessionStore()
    session["seen"] = True
    session.save()
    assert redis_admin.exists(f"session:{session.session_key}")
    with acting_as("ghl"), pytest.raises(IsolationViolation):
        SessionStore(session.session_key).load()
    session.delete()


def test_no_command_for_the_server_or_its_users_is_on_the_list() -> None:
    dangerous = """
        KEYS SCAN RANDOMKEY DBSIZE FLUSHALL FLUSHDB CONFIG ACL DEBUG SHUTDOWN MONITOR MIGRATE RESTORE MOVE SWAPDB MODULE
        FUNCTION FCALL SORT INFO REPLICAOF SLAVEOF SAVE
    """
    assert not set(dangerous.split()) & {name.split("|")[0] for name in (*COMMANDS, *CONNECTING)}
    assert {name for name in COMMANDS if name.startswith("SCRIPT")} == {"SCRIPT|LOAD", "SCRIPT|EXISTS"}
    assert not any(unit.redis == () for unit in UNITS)


def test_every_command_on_the_list_finds_its_keys_where_the_server_does(redis_admin: redis.Redis) -> None:
    """The server is the judge: COMMAND GETKEYS, for one call of each."""
    special = {"EVAL": ("s", "2", "a", "b"), "EVALSHA": ("s", "2", "a", "b"), "EVAL_RO": ("s", "2", "a", "b"),
               "EVALSHA_RO": ("s", "2", "a", "b"), "XREAD": ("STREAMS", "a", "b", "0", "0"),
               "XREADGROUP": ("GROUP", "g", "c", "STREAMS", "a", "b", "0", "0")}  # fmt: skip
    for name, command in COMMANDS.items():
        if command.channels:
            continue
        arguments = special.get(name, ("a", "b", "c", "d"))
        try:
            found = redis_admin.command_getkeys(*name.split("|"), *arguments)
        except redis.ResponseError as error:
            if "no key arguments" in str(error):
                found = []
            elif "Invalid number of arguments" in str(error) or "Invalid arguments" in str(error):
                continue
            else:
                raise
        assert sorted([*command.keys(arguments), *command.sources(arguments)]) == sorted(found), name
