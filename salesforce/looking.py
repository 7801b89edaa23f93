"""One customer, here and there: what the mapping makes of it, what Salesforce has, and what differs."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils import timezone

from config.feed.wanted import Skip
from config.isolation.egress.retries import Stats
from salesforce import org as orgs
from salesforce.client import Client
from salesforce.mapping.records import Mapping, Wanted, wanted_records
from salesforce.models import FieldMapping, Org, Pushed
from salesforce.push.kinds import Kind, kinds


@dataclass(frozen=True)
class Side:
    """Of one object. `there` is None where Salesforce has no record, or was not asked."""

    kind: Kind
    row: Pushed | None
    wanted: Wanted | None
    reason: str
    there: dict[str, Any] | None
    differs: list[dict[str, Any]] = field(default_factory=list)


def sides(customer_id: int, client: Client | None, stats: Stats) -> list[Side]:
    """`client`: none where Salesforce is not to be asked. Raises what it raises."""
    org = orgs.known(client, stats) if client else Org.objects.order_by("-seen_at").first()
    return [_side(kind, customer_id, org, client, stats) for kind in kinds()]


def _side(kind: Kind, customer_id: int, org: Org | None, client: Client | None, stats: Stats) -> Side:
    row = kind.model._default_manager.filter(pk=customer_id).first()
    if org is None:
        return Side(kind, row, None, "No org is known yet: the first run, or a set-up check, gets to know it.", None)
    rows = list(FieldMapping.objects.filter(enabled=True))
    mapping = Mapping(kind.sobject, rows, orgs.fields_of(org, kind.sobject))
    present = {customer_id} if row is not None and row.sf_id else set()
    outcome = wanted_records(mapping, [customer_id], present, timezone.now())[customer_id]
    wanted = None if isinstance(outcome, Skip) else outcome
    reason = outcome.reason if isinstance(outcome, Skip) else (row.reason if row else "")
    found = client.by_key(kind.sobject, settings.SALESFORCE_KEY_FIELD, str(customer_id), stats) if client else None
    names = {rule.target for rule in mapping.rules} | set(wanted.values if wanted else ())
    there = {name: found.get(name) for name in ("Id", *sorted(names)) if "." not in name} if found else None
    return Side(kind, row, wanted, reason, there, _differences(wanted, there) if there is not None else [])


def _differences(wanted: Wanted | None, there: dict[str, Any]) -> list[dict[str, Any]]:
    values = wanted.values if wanted else {}
    return [
        {"field": name, "wanted": value, "there": there.get(name)}
        for name, value in values.items()
        if "." not in name and not _same(value, there.get(name))
    ]


def _same(one: Any, other: Any) -> bool:
    """What is empty is null there."""
    return one == other or (one in (None, "") and other in (None, ""))


def link(org: Org | None, sf_id: str | None) -> str:
    """Where the record is in Salesforce's own screens; '' where there is none."""
    if org is None or not sf_id or not settings.SALESFORCE_RECORD_LINK:
        return ""
    return str(settings.SALESFORCE_RECORD_LINK).format(instance=org.instance_url, id=sf_id)
