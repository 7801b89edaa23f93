"""Isolation on the first page: only what needs a person, and when it was last measured."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from config.backoffice import pages, show
from config.backoffice.dashboard import Problem, Section
from config.backoffice.navigation import may_see
from config.isolation import switches
from config.isolation.models import Proof, SwitchChange

OLD = timedelta(days=2)


def section(request: HttpRequest) -> Section | None:
    if not may_see(request, Proof):
        return None
    now, proof = timezone.now(), last_proof()
    problems = [*_switch_problems(), *_proof_problems(proof, now)]
    return Section("Isolation", pages.list_of(Proof), problems=problems, notes=[_note(proof, now)])


def last_proof() -> Proof | None:
    """The newest measurement that came to its end."""
    return Proof.objects.filter(error="").exclude(finished_at=None).order_by("-id").first()


def _switch_problems() -> Iterator[Problem]:
    for stand in switches.newest().values():
        if stand.mode not in (switches.Mode.RUN, switches.OFF):
            yield Problem(stand.sentence(), pages.list_of(SwitchChange))


def _proof_problems(proof: Proof | None, now: datetime) -> Iterator[Problem]:
    if proof is None:
        return
    url = pages.list_of(Proof)
    if proof.surprises:
        yield Problem(f"The fences do not hold: {len(proof.surprises)} acts ended otherwise than the manifest says.", url)
    if proof.drift:
        yield Problem(f"{len(proof.drift)} grants or users differ from the manifest: run `manage.py isolation apply`.", url)
    if proof.finished_at and proof.finished_at < now - OLD:
        yield Problem(f"The fences were last measured {show.age(proof.finished_at, now)}. Does isolation_watch run?", url)


def _note(proof: Proof | None, now: datetime) -> Any:
    if proof is None or proof.finished_at is None:
        return "The fences have not been measured yet: `manage.py isolation prove` does it."
    words = "no surprise" if not proof.surprises else f"{len(proof.surprises)} surprises"
    return format_html(
        "{} acts tried {}: {}.", show.link(pages.list_of(Proof), f"{proof.acts:,}"), show.age(proof.finished_at, now), words
    )
