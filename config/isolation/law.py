"""`isolation apply` and `isolation check`: the servers that enforce the fences, brought to what the manifest says."""

from config.isolation.database import grants
from config.isolation.outcome import Outcome
from config.isolation.redis import acl


def apply(*, dry_run: bool = False) -> Outcome:
    """Create what is missing, take away what is too much; the second run in a row changes nothing."""
    outcome = grants.apply(dry_run=dry_run)
    outcome.add(acl.apply(dry_run=dry_run))
    return outcome
