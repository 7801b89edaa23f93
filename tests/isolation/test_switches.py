"""Kill switches: the environment is final, people choose above it, and a switch that cannot be read stops what changes things."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.isolation import switches
from config.isolation.actor import acting_as
from config.isolation.manifest import BY_NAME, Api
from config.isolation.models import SwitchChange
from config.isolation.switches import Mode, SwitchedOff, Unreadable

pytestmark = pytest.mark.django_db(databases="__all__")

GHL, MIRROR = BY_NAME["ghl"], BY_NAME["servicetitan"]
WRITE, READ = Api("GHL_API_URL", ("GET", "POST"), ("/contacts/",)), MIRROR.apis[0]
TOKEN = Api("GHL_API_URL", ("POST",), ("/oauth/token",), auth=True)


@pytest.fixture(autouse=True)
def published(db: None) -> Iterator[None]:
    """Every switch at run, and nothing remembered."""
    switches._known.clear()
    switches.publish()
    yield
    SwitchChange.objects.all().delete()
    switches._known.clear()
    switches.publish()


def turn(name: str, mode: str, **more: Any) -> None:
    switches.turn(SwitchChange(switch=name, mode=mode, who="olga", why="wrong prices", **more))


def gate(unit: Any = GHL, api: Api = WRITE, method: str = "POST") -> None:
    """As the session calls it, with no patience."""
    with acting_as(unit.name):
        switches.gate(unit, api, method, sleep=lambda seconds: None)


def test_at_run_everything_leaves() -> None:
    gate()
    gate(method="GET")
    gate(MIRROR, READ, "GET")


@pytest.mark.parametrize("mode", [Mode.HOLD, Mode.DRY_RUN])
def test_on_hold_and_in_a_dry_run_nothing_is_written(mode: str) -> None:
    turn("ghl", mode)
    with pytest.raises(SwitchedOff, match=rf"'ghl' is at {mode} since .*, by olga: wrong prices"):
        gate()


def test_reading_a_vendor_and_asking_for_a_token_go_on() -> None:
    turn("ghl", Mode.HOLD)
    gate(method="GET")
    gate(api=TOKEN)


def test_draining_lets_out_what_has_begun() -> None:
    turn("ghl", Mode.DRAIN)
    gate()


def test_one_switch_leaves_the_others_alone() -> None:
    turn("ghl", Mode.HOLD)
    with acting_as("salesforce"):
        assert switches.standing("salesforce").mode == Mode.RUN


def test_the_mirrors_switch_stops_its_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switches, "FRESH_S", 0.0)
    turn("servicetitan", Mode.HOLD)
    with pytest.raises(SwitchedOff):
        gate(MIRROR, READ, "GET")
    turn("servicetitan", Mode.DRY_RUN)
    gate(MIRROR, READ, "GET")


def test_the_environments_false_is_final(settings: Settings) -> None:
    settings.GHL_SYNC_ENABLED = False
    turn("ghl", Mode.RUN)
    with pytest.raises(SwitchedOff, match="GHL_SYNC_ENABLED is false in the environment"):
        gate()
    assert switches.newest()["ghl"].mode == switches.OFF


def test_a_hold_ends_by_itself() -> None:
    turn("ghl", Mode.HOLD, until=timezone.now() + timedelta(hours=1))
    with pytest.raises(SwitchedOff, match="until"):
        gate()
    turn("ghl", Mode.HOLD, until=timezone.now() - timedelta(seconds=1))
    gate()


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switches, "PATIENCE_S", 0.0)


def lose(name: str) -> None:
    redis.Redis.from_url(django_settings.REDIS_URL).delete(f"switch:{name}")


def test_what_redis_does_not_know_stops_writes_and_not_the_mirror(no_patience: None) -> None:
    lose("ghl")
    lose("servicetitan")
    with pytest.raises(Unreadable, match="Redis does not know the switch 'ghl'"):
        gate()
    gate(MIRROR, READ, "GET")


def test_without_redis_writes_wait_and_the_mirror_goes_on(no_patience: None, settings: Settings) -> None:
    reachable = settings.REDIS_URLS
    settings.REDIS_URLS = dict.fromkeys(reachable, "redis://127.0.0.1:9/0")
    with pytest.raises(Unreadable, match="Redis does not answer"):
        gate()
    gate(MIRROR, READ, "GET")
    settings.REDIS_URLS = reachable


def test_a_write_waits_for_redis_and_then_leaves() -> None:
    lose("ghl")
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        switches.publish()

    with acting_as("ghl"):
        switches.gate(GHL, WRITE, "POST", sleep)
    assert len(waits) == 1


def test_while_redis_is_away_the_mirrors_switch_stands_as_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switches, "FRESH_S", 0.0)
    turn("servicetitan", Mode.HOLD)
    with pytest.raises(SwitchedOff):
        gate(MIRROR, READ, "GET")
    lose("servicetitan")
    with pytest.raises(SwitchedOff):
        gate(MIRROR, READ, "GET")


def test_a_redis_that_lost_its_data_hears_again() -> None:
    turn("ghl", Mode.HOLD)
    lose("ghl")
    switches.publish_missing()
    with pytest.raises(SwitchedOff):
        gate()


def test_no_unit_but_the_back_office_turns_a_switch() -> None:
    client = redis.Redis.from_url(django_settings.REDIS_URLS["ghl"])
    with pytest.raises(redis.exceptions.NoPermissionError):
        client.set("switch:ghl", json.dumps({"mode": "run"}))


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("switch", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_turns_and_shows() -> None:
    said = command("ghl", "hold", "--why", "wrong prices", "--until", "2h", "--by", "olga")
    assert "ghl           hold     'ghl' is at hold since" in said
    with pytest.raises(SwitchedOff, match="olga: wrong prices"):
        gate()
    shown = json.loads(command("--json"))
    assert shown["ghl"]["mode"] == "hold" and shown["salesforce"]["mode"] == "run"
    command("ghl", "run")
    gate()
    turns = SwitchChange.objects.order_by("id").values_list("mode", "why")
    assert list(turns) == [("hold", "wrong prices"), ("run", "no reason given")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("hubspot", "hold", "--why", "x"), "There is no switch 'hubspot'"),
        (("ghl", "hold"), "Say why with --why"),
        (("ghl",), "What shall ghl be?"),
        (("ghl", "hold", "--why", "x", "--until", "soon"), "is no time"),
        (("ghl", "hold", "--why", "x", "--until", "2020-01-01T00:00"), "has passed already"),
        (("ghl", "off", "--why", "x"), "invalid choice"),
    ],
)
def test_a_wrong_order_is_explained_and_changes_nothing(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        command(*arguments)
    assert not SwitchChange.objects.exists()
    gate()
