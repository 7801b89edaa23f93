"""What is tried, and what came of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Act:
    """One thing a unit tries. `may`: whether the manifest lets it. `place` is a schema, a Redis prefix or a host."""

    unit: str
    fence: str
    place: str
    what: str
    may: bool


@dataclass(frozen=True)
class Result:
    """`worked`: the act got through. `detail`: the words of whoever refused it, or of what went wrong."""

    act: Act
    worked: bool
    detail: str = ""

    @property
    def surprise(self) -> bool:
        return self.worked != self.act.may
