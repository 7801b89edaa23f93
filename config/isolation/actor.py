"""Who is acting: the unit whose compartment the running code belongs to.

Set by the task base class, the command base class and the request middleware; `acting_as` elsewhere.
A new thread starts without an actor: run its target inside `contextvars.copy_context()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from config.isolation.errors import UnknownUnit
from config.isolation.manifest import BY_NAME, Unit

# The back office writes only Django's own tables, so code that forgot to say who it is can harm no integration.
_actor: ContextVar[Unit] = ContextVar("acting_unit", default=BY_NAME["backoffice"])


def acting_unit() -> Unit:
    return _actor.get()


@contextmanager
def acting_as(name: str) -> Iterator[Unit]:
    """Run the block as one unit. Raises UnknownUnit for a name the manifest does not have."""
    if name not in BY_NAME:
        raise UnknownUnit(f"There is no unit '{name}'. The manifest has: {', '.join(BY_NAME)}.")
    token = _actor.set(BY_NAME[name])
    try:
        yield BY_NAME[name]
    finally:
        _actor.reset(token)
