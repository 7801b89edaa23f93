"""What GoHighLevel must have when a push is through: everybody once, with what the mirror says."""

from typing import Any

from integrations.ghl.models import Contact, Opportunity, Pushed
from tests.integrations.ghl.push.conftest import Vendor


def wrong(vendor: Vendor, customers: int, estimates: int) -> list[str]:
    """In words, what is lost, twice or different."""
    state = vendor.state()
    found = [f"{kind} by {by}: {count} too many" for kind, ways in state["surplus"].items() for by, count in ways.items()
             if count and by not in ("card", "opportunity.st_estimate_status", "opportunity.st_job_id")]  # fmt: skip
    found += _counts("contacts", vendor.contacts(), customers) + _counts("opportunities", vendor.cards(), estimates)
    for model in (Contact, Opportunity):
        rows = model._default_manager.using("ghl")
        found += [f"{row} is {row.state}: {row.reason}" for row in rows.exclude(state=Pushed.State.SENT)[:5]]
    by_id = {row["id"]: row for row in vendor.contacts()}
    for row in Contact.objects.using("ghl"):
        there = by_id.get(row.ghl_id or "", {})
        if (there.get("email"), there.get("phone")) != (row.email, row.phone):
            found.append(f"{row} has other addresses there")
    return found


def _counts(what: str, there: list[dict[str, Any]], wanted: int) -> list[str]:
    return [] if len(there) == wanted else [f"{len(there)} {what}, should be {wanted}"]
