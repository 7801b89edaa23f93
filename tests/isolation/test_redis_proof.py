"""`isolation prove` at Redis: no surprise where all is well, and each deliberately broken rule is caught."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings as project
from pytest_django.fixtures import Settings

from config.isolation.manifest import UNITS
from config.isolation.proof.acts import Result
from config.isolation.proof.redis import acts as proof


def surprises(administrator: redis.Redis) -> list[Result]:
    return [result for result in proof.results(administrator) if result.surprise]


def test_where_all_is_well_nothing_surprises_and_nothing_is_left(administrator: redis.Redis) -> None:
    results = list(proof.results(administrator))
    assert [result for result in results if result.surprise] == []
    assert {result.act.unit for result in results} == {unit.name for unit in UNITS}
    assert {result.worked for result in results} == {True, False}
    assert all(result.detail for result in results if not result.worked), "who refused, in his words"
    assert list(administrator.scan_iter("*isolation-probe*")) == []


def test_every_unit_tries_every_foreign_place_both_ways(administrator: redis.Redis) -> None:
    acts = {(result.act.unit, result.act.place, result.act.what) for result in proof.results(administrator)}
    for unit in UNITS:
        for place in {"salesforce:*", "session:*", "celery:*", proof.NOBODYS} - set(unit.redis):
            assert (unit.name, place, "SET KEY x, with its login") in acts
            assert (unit.name, place, "SET KEY x, through its client") in acts
        assert (unit.name, "the server", "FLUSHALL, with its login") in acts


BROKEN: dict[str, tuple[list[str], tuple[str, str]]] = {
    "a key pattern more": (["~salesforce:*"], ("salesforce:*", "SET KEY x")),
    "a key pattern more, to read": (["%R~salesforce:*"], ("salesforce:*", "GET KEY")),
    "what it only reads": (["~switch:*"], ("switch:*", "DEL KEY")),
    "a command more": (["+keys"], ("the server", "KEYS *")),
    "a dangerous command": (["+flushall"], ("the server", "FLUSHALL")),
    "all commands": (["+@all"], ("the server", "SHUTDOWN NOSAVE")),
    "no password": (["nopass"], ("the server", "log in with a wrong password")),
    "all channels": (["allchannels"], ("session:*", "SUBSCRIBE to the channel")),
    "a right less": (["-get"], ("ghl:*", "GET KEY")),
    "another password": (["resetpass", ">lost"], ("ghl:*", "SET KEY x")),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_rule_is_caught(administrator: redis.Redis, broken: str) -> None:
    rules, (place, what) = BROKEN[broken]
    administrator.set("salesforce:kept", "as it was")
    user = str(urlsplit(project.REDIS_URLS["ghl"]).username)
    administrator.execute_command("ACL", "SETUSER", user, *rules)
    found = [result.act for result in surprises(administrator)]
    assert any(act.unit == "ghl" and act.place == place and act.what.startswith(what) for act in found)
    assert administrator.get("salesforce:kept") == "as it was", "what could do harm was only asked"
    administrator.delete("salesforce:kept")


def test_one_password_for_two_units_is_caught(administrator: redis.Redis) -> None:
    ghl, salesforce = (urlsplit(project.REDIS_URLS[name]) for name in ("ghl", "salesforce"))
    administrator.execute_command("ACL", "SETUSER", str(salesforce.username), f">{ghl.password}")
    found = [result.act for result in surprises(administrator)]
    assert [(act.unit, act.what) for act in found] == [("ghl", "log in as 'salesforce' with its own password")]


def test_a_hole_in_the_client_is_caught(administrator: redis.Redis, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.HUB_REDIS_ACL = False
    settings.REDIS_URLS = dict.fromkeys(project.REDIS_URLS, project.REDIS_URL)
    assert surprises(administrator) == []

    def blind(*args: Any) -> bool:
        return True

    monkeypatch.setattr("config.isolation.redis.client._may", blind)
    found = surprises(administrator)
    assert {result.act.unit for result in found} == {unit.name for unit in UNITS}
    assert all("through the client alone" in result.act.what for result in found)
