"""What the contenders have in common."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from tests.benchmarks.cluster import Cluster
from tests.benchmarks.content import Checker
from tests.benchmarks.cost import Cost
from tests.benchmarks.tenant import Served


@dataclass(frozen=True)
class Run:
    """One run, as it was measured. `written`: rows inserted, updated or deleted in the tables that hold records."""

    cost: Cost
    written: int | None = None


class Contender(ABC):
    """`name` stands in the table, `what` in the legend. `incremental`: it can go on from where it stood."""

    name: str
    what: str
    incremental = True

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.checker = Checker()

    @abstractmethod
    def reset(self) -> None:
        """As if it had never run."""

    @abstractmethod
    def run(self, served: Served) -> Run:
        """Bring everything up to date with what is served."""

    @abstractmethod
    def check(self, served: Served, state: str) -> list[str]:
        """What is wrong with what was loaded, in words."""
