"""How the fences and the switches stand."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from config.isolation import switches
from config.isolation.manifest import SWITCHES
from config.isolation.models import Proof, SwitchChange
from config.monitoring.book import client
from config.monitoring.probes import Check, Node, Reading, State

FORGOTTEN = timedelta(hours=24)
OLD = timedelta(days=3)


def checks() -> tuple[Check, ...]:
    fences = Node("fences", "Fences between the units", "isolation", act="Look at the page Fences.")
    known = tuple(
        Node(f"switch.{name}", f"Switch {name}", "isolation", act="Turn it back in the admin, or say until when it stays.")
        for name in SWITCHES
    )
    return (
        Check("fences", (fences,), lambda at: {"fences": _fences(at)}),
        Check("switches", known, _switches, uses=("redis",)),
    )


def _fences(at: datetime) -> Reading:
    proof = Proof.objects.filter(error="").exclude(finished_at=None).order_by("-id").first()
    if proof is None or proof.finished_at is None:
        return Reading(State.OK, "They were not measured yet.")
    age = at - proof.finished_at
    figures = {"surprises": float(len(proof.surprises)), "drift": float(len(proof.drift)), "age_seconds": age.total_seconds()}
    if proof.surprises:
        return Reading(State.BAD, f"{len(proof.surprises)} acts ended otherwise than the manifest says.", figures)
    if proof.drift:
        return Reading(State.BAD, f"{len(proof.drift)} grants or users differ from the manifest.", figures)
    if age > OLD:
        return Reading(State.WARNING, f"They were last measured {age.days} days ago.", figures)
    return Reading(State.OK, f"{proof.acts:,} acts tried, no surprise.", figures)


def _switches(at: datetime) -> Mapping[str, Reading]:
    redis = client()
    return {f"switch.{name}": _switch(name, redis.get(f"switch:{name}"), at) for name in SWITCHES}


def _switch(name: str, found: object, at: datetime) -> Reading:
    if switches.off_by_environment(SWITCHES[name]):
        return Reading(State.HELD, f"It is off: {SWITCHES[name].setting} is false.")
    if not isinstance(found, str):
        return Reading(State.BAD, "Redis does not know it, so calls that write wait.")
    values = json.loads(found)
    mode, until = values["mode"], _moment(values.get("until"))
    if mode == SwitchChange.Mode.RUN or (until is not None and until <= at):
        return Reading(State.OK, "It is at run.")
    since = _moment(values.get("since"))
    text = f"It is at {mode}, by {values.get('who')}: {values.get('why')}"
    left = until is None and since is not None and at - since > FORGOTTEN
    return Reading(State.BAD if left else State.HELD, f"{text}; for {(at - since).days} days." if left and since else text)


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None
