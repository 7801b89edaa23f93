"""What people decide, carried out by the unit: the admin asks, it does not write here."""

from collections.abc import Sequence

from django.db.models.functions import Now
from django.utils import timezone

from config.isolation.egress.retries import Stats
from salesforce import org as orgs
from salesforce.client import Client
from salesforce.models import Org
from salesforce.push.kinds import BY_SOBJECT
from salesforce.setup import Finding, findings


def look_again(sobject: str, state: str = "", ids: Sequence[int] | None = None) -> int:
    """Records ("Contact", "Account") become due, and are sent even where nothing changed: all in a state, or those with `ids`."""
    rows = BY_SOBJECT[sobject].model._default_manager.filter(job__isnull=True)
    rows = rows.filter(state=state) if ids is None else rows.filter(pk__in=ids)
    return int(rows.update(due_at=Now(), sent_hash="", attempts=0))


def check_setup(client: Client, stats: Stats) -> list[Finding]:
    """What the org lacks, stored for the admin. Raises a SalesforceError."""
    org = orgs.known(client, stats, anew=True)
    found = findings(client, org, stats)
    Org.objects.filter(pk=org.pk).update(findings=[finding.as_dict() for finding in found], checked_at=timezone.now())
    return found
