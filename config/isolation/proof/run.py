"""All fences, tried out at once."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from config.isolation.proof import matrix
from config.isolation.proof.acts import Result
from config.isolation.proof.database import acts as database
from config.isolation.proof.matrix import Cell
from config.isolation.proof.process import children as processes
from config.isolation.proof.redis import acts as redis_acts
from config.isolation.redis import acl

Say = Callable[[str], None]


@dataclass(frozen=True)
class Proved:
    """`seconds` it took. `cells`: see `matrix`."""

    results: list[Result]
    seconds: float

    @property
    def surprises(self) -> list[Result]:
        return [result for result in self.results if result.surprise]

    @property
    def cells(self) -> dict[str, dict[str, Cell]]:
        return matrix.matrix(self.results)


def prove(say: Say = lambda line: None) -> Proved:
    """Try everything. `say` hears what is being tried. Needs the owner's login; leaves nothing behind."""
    began = time.monotonic()
    return Proved(list(chain.from_iterable(_parts(say))), time.monotonic() - began)


def _parts(say: Say) -> Iterator[Iterator[Result]]:
    say("database roles ...")
    yield database.results()
    say("Redis users ...")
    with acl.administrator() as admin:
        yield redis_acts.results(admin)
    say("processes and their HTTP calls ...")
    yield processes.results()
