"""Who is acting: the unit whose compartment the running code belongs to.

Set by the task base class, the command base class and the request middleware; `acting_as` elsewhere.
A new thread starts without an actor: run its target inside `contextvars.copy_context()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings

from config.isolation.errors import IsolationViolation, UnknownUnit
from config.isolation.manifest import BY_NAME, Unit

# The back office writes only Django's own tables, so code that forgot to say who it is can harm no integration.
DEFAULT = "backoffice"
_actor: ContextVar[Unit | None] = ContextVar("acting_unit", default=None)


def acting_unit() -> Unit:
    """Whoever said so; else the back office, or in a process of other units the first of them."""
    return _actor.get() or BY_NAME[DEFAULT if may_act_as(DEFAULT) else settings.HUB_UNITS[0]]


def may_act_as(name: str) -> bool:
    """Whether this process may act as the unit at all, see `config.isolation.process`."""
    return not settings.HUB_UNITS or name in settings.HUB_UNITS


@contextmanager
def acting_as(name: str) -> Iterator[Unit]:
    """Run the block as one unit.

    Raises UnknownUnit for a name the manifest does not have, IsolationViolation in a process of other units.
    """
    if name not in BY_NAME:
        raise UnknownUnit(f"There is no unit '{name}'. The manifest has: {', '.join(BY_NAME)}.")
    if not may_act_as(name):
        raise IsolationViolation(
            f"This process was started for {', '.join(settings.HUB_UNITS)} and was asked to act as '{name}': it refuses, "
            f"and it holds none of that unit's credentials. {_home(BY_NAME[name])}"
        )
    token = _actor.set(BY_NAME[name])
    try:
        yield BY_NAME[name]
    finally:
        _actor.reset(token)


def _home(unit: Unit) -> str:
    return f"'{unit.name}' runs in: {', '.join(unit.runs_in) or 'no long-running command'}."
