"""What the fences cost: the same sync with them and without, in turn, in one run."""

from statistics import median

from config import embedded
from tests.benchmarks.cluster import HUB_DATABASE
from tests.benchmarks.contender import Run
from tests.benchmarks.figures import OURS
from tests.benchmarks.ours import Ours
from tests.benchmarks.rounds import LOAD, Results
from tests.benchmarks.targets import Target

MOST = 1.03  # of the work without fences


class Unfenced(Ours):
    name = "ours, without fences"
    what = "the same as the owner, without router, egress session, audit hook, switches and records: only here"
    command = ("-m", "tests.benchmarks.unfenced")

    def more(self) -> dict[str, str]:
        plan = embedded.plan(self.cluster.folder)
        owner = self.cluster.url(HUB_DATABASE)
        servers = {"DATABASE_URL": plan.database_url, "REDIS_URL": plan.redis_url, "HUB_SECRET_KEY": plan.secret_key}
        return servers | {"SERVICETITAN_DATABASE_URL": owner}


def target(results: Results) -> Target:
    """By CPU time, of the client and the server: wall time of two processors is noise at this size."""
    pairs = zip(results.of(LOAD, OURS), results.of(LOAD, Unfenced.name), strict=True)
    work, wall = zip(*((_work(fenced) / _work(bare), _wall(fenced) / _wall(bare)) for fenced, bare in pairs), strict=True)
    share = median(work)
    text = f"all fences together: {share - 1:+.1%} work, {median(wall) - 1:+.1%} time; wanted at most {MOST - 1:.0%}"
    return Target(share <= MOST, text)


def _work(run: Run) -> float:
    return run.cost.client_cpu + run.cost.server_cpu


def _wall(run: Run) -> float:
    return run.cost.seconds
