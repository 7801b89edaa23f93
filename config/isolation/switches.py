"""Kill switches: who may send what right now.

The environment's `false` is final. Above it people choose, with `manage.py switch` or in the admin:

    run      as usual
    hold     nothing leaves; what is to be sent waits and goes out later
    drain    what has begun is finished, nothing new is begun
    dry-run  everything is worked out and shown, nothing leaves

The truth is the newest row of `SwitchChange`; Redis carries it to every process under `switch:<name>`. Each call that a
switch stops reads it right before it leaves, so the last one leaves at most a moment after the switch was thrown. While
it cannot be read, calls that change something at a vendor wait; the mirror, which changes nothing there, goes on.
"""

import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from config.embedded import EmbeddedError
from config.isolation.actor import acting_as, acting_unit
from config.isolation.errors import IsolationError
from config.isolation.manifest import BY_NAME, SWITCHES, Api, Switch, Unit
from config.isolation.models import SwitchChange
from config.isolation.redis.client import unit_redis

Mode = SwitchChange.Mode
OFF = "off"  # by the environment: no mode that anybody can choose
FRESH_S = 1.0  # how old the answer may be for calls that change nothing
PATIENCE_S = 30.0  # how long a call waits for a switch that cannot be read
AWAY = (redis.RedisError, EmbeddedError, OSError)


class SwitchedOff(IsolationError):
    """The call must not go out now. What was to be sent is to be kept: it goes out when the switch is at run again."""


class Unreadable(SwitchedOff):
    """Nobody knows how the switch stands, so nothing that changes something outside may leave."""


class UnknownSwitch(ValueError):
    """A name that is no switch. The message lists the names."""


@dataclass(frozen=True)
class Stand:
    """How a switch stands. `mode` is one of `Mode`, or OFF."""

    switch: str
    mode: str
    who: str = ""
    why: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def sentence(self) -> str:
        """Why nothing leaves, for an operator."""
        if self.mode == OFF:
            return f"'{self.switch}' is switched off: {SWITCHES[self.switch].setting} is false in the environment."
        since = f" since {timezone.localtime(self.since):%Y-%m-%d %H:%M}" if self.since else ""
        until = f" until {timezone.localtime(self.until):%Y-%m-%d %H:%M}" if self.until else ""
        return f"'{self.switch}' is at {self.mode}{since}{until}, by {self.who}: {self.why}"


def named(name: str) -> Switch:
    if name not in SWITCHES:
        raise UnknownSwitch(f"There is no switch '{name}'. There are: {', '.join(SWITCHES)}.")
    return SWITCHES[name]


def off_by_environment(switch: Switch) -> bool:
    return not getattr(settings, switch.setting)


def gate(unit: Unit, api: Api, method: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Called by the egress session right before a call leaves. Raises SwitchedOff, or waits and then raises Unreadable."""
    for switch in unit.switches:
        if switch.stops == "writes" and api.writes(method):
            _let_pass(_read_patiently(switch, sleep))
        elif switch.stops == "calls":
            _let_pass(_recent(switch))


def _let_pass(stand: Stand) -> None:
    """Dry-run stops writes here as well: the unit should not have tried."""
    stopping = (OFF, Mode.HOLD) if SWITCHES[stand.switch].stops == "calls" else (OFF, Mode.HOLD, Mode.DRY_RUN)
    if stand.mode in stopping:
        raise SwitchedOff(stand.sentence())


def read(switch: Switch) -> Stand:
    """How the switch stands this very moment. Raises Unreadable."""
    if off_by_environment(switch):
        return Stand(switch.name, OFF)
    try:
        found = unit_redis(acting_unit().name).get(_key(switch.name))
    except AWAY as error:
        raise Unreadable(
            f"The switch '{switch.name}' cannot be read, because Redis does not answer ({type(error).__name__}): "
            "nothing is sent until it does."
        ) from error
    if found is None:
        raise Unreadable(
            f"Redis does not know the switch '{switch.name}': run `manage.py switch`, or start the scheduler; "
            "nothing is sent until then."
        )
    return _current(_from_text(switch.name, found))


def _current(stand: Stand) -> Stand:
    over = stand.until is not None and stand.until <= timezone.now()
    return Stand(stand.switch, Mode.RUN) if over else stand


def _read_patiently(switch: Switch, sleep: Callable[[float], None]) -> Stand:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return read(switch)
        except Unreadable:
            if time.monotonic() > deadline:
                raise
        sleep(0.5)


_known: dict[str, tuple[float, Stand]] = {}  # name -> (when, how it stood): one for the process


def _recent(switch: Switch) -> Stand:
    """At most FRESH_S old; while the switch cannot be read, as it last stood, or run."""
    if off_by_environment(switch):
        return Stand(switch.name, OFF)
    now = time.monotonic()
    when, stand = _known.get(switch.name, (float("-inf"), Stand(switch.name, Mode.RUN)))
    if now - when < FRESH_S:
        return _current(stand)
    with suppress(Unreadable):
        stand = read(switch)
    _known[switch.name] = (now, stand)
    return _current(stand)


def standing(name: str) -> Stand:
    """For a unit that asks before it begins something. A switch of "calls" or "work" that cannot be read stands as before."""
    switch = named(name)
    return read(switch) if switch.stops == "writes" else _recent(switch)


def turn(change: SwitchChange) -> None:
    """Turn a switch as `change` (not saved yet) says. Call while acting as the back office.

    Raises UnknownSwitch; or one of AWAY: then it is stored, and takes effect as soon as Redis hears of it.
    """
    switch = named(change.switch)
    change.at = timezone.now()
    change.save(force_insert=True)
    publish([switch])


def newest() -> dict[str, Stand]:
    """All switches as people set them, from the database; the environment has the last word."""
    changes = _last(BY_NAME["backoffice"].alias)
    return {name: _as_stand(switch, changes.get(name)) for name, switch in SWITCHES.items()}


def _as_stand(switch: Switch, change: SwitchChange | None) -> Stand:
    if off_by_environment(switch):
        return Stand(switch.name, OFF)
    if change is None:
        return Stand(switch.name, Mode.RUN)
    return _current(Stand(switch.name, change.mode, change.who, change.why, change.at, change.until))


def _last(using: str) -> dict[str, SwitchChange]:
    changes = SwitchChange.objects.using(using).order_by("switch", "-id").distinct("switch")
    return {change.switch: change for change in changes}


def publish(switches: Iterable[Switch] = SWITCHES.values(), using: str = BY_NAME["backoffice"].alias) -> None:
    """Tell Redis how the switches stand. `using`: the database connection to read them by. Raises what Redis raises."""
    with acting_as("backoffice"):
        client, changes = unit_redis("backoffice"), _last(using)
        for switch in switches:
            client.set(_key(switch.name), _as_text(changes.get(switch.name)))


def publish_missing() -> None:
    """For a process that runs anyway: if Redis lost what it knew, tell it again. Keeps still while Redis is away."""
    with acting_as("backoffice"):
        client = unit_redis("backoffice")
        try:
            missing = [switch for switch in SWITCHES.values() if not client.exists(_key(switch.name))]
            publish(missing)
        except AWAY:
            return


def _key(name: str) -> str:
    return f"switch:{name}"


def _as_text(change: SwitchChange | None) -> str:
    if change is None:
        return json.dumps({"mode": Mode.RUN})
    values = {"mode": change.mode, "who": change.who, "why": change.why, "since": change.at, "until": change.until}
    return json.dumps(values, default=str)


def _from_text(name: str, text: Any) -> Stand:
    values = json.loads(text)
    moments = {key: parse_datetime(values[key]) if values.get(key) else None for key in ("since", "until")}
    return Stand(name, values["mode"], values.get("who", ""), values.get("why", ""), **moments)
