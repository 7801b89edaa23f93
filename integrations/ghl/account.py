"""Getting to know the sub-account: its settings, pipelines and our custom fields; rules are suggested from the stages' names."""

from datetime import timedelta
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from config.isolation.egress.retries import Stats
from config.isolation.manifest import BY_NAME
from integrations.ghl.client import Client
from integrations.ghl.connection import described
from integrations.ghl.mapping.contacts import CUSTOMER_FIELD
from integrations.ghl.mapping.opportunities import ESTIMATE_FIELD, JOB_FIELD, STATUS_FIELD
from integrations.ghl.models import Account, StageRule
from integrations.ghl.rules import suggested

ALIAS = BY_NAME["ghl"].alias
FRESH = timedelta(minutes=10)  # people change pipelines rarely, and a stage that is gone shows as a refusal
OUR_FIELDS = (CUSTOMER_FIELD, ESTIMATE_FIELD, JOB_FIELD, STATUS_FIELD)

# A sub-account that has one card a contact becomes one that has several: the card stays with the estimate it shows.
_TO_SEVERAL = """
UPDATE integrations.ghl_opportunities SET slot = st_estimate_id WHERE slot = 0 AND st_estimate_id IS NOT NULL
"""
# The other way round, the best card becomes the customer's; the others stay as they are.
_TO_ONE = """
UPDATE integrations.ghl_opportunities SET slot = 0 WHERE id IN (
    SELECT DISTINCT ON (st_customer_id) id FROM integrations.ghl_opportunities o
    WHERE ghl_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM integrations.ghl_opportunities one WHERE one.st_customer_id = o.st_customer_id AND one.slot = 0)
    ORDER BY st_customer_id, status = 'open' DESC, value DESC NULLS LAST, id DESC)
"""


def known(client: Client, stats: Stats, *, anew: bool = False, make_fields: bool = True) -> Account:
    """The sub-account as last read, read again where that is long ago or `anew`. Makes our custom fields where they lack.

    Rules that nobody made are suggested once. Without `make_fields` nothing is changed at GoHighLevel.
    """
    account = Account.objects.filter(pk=client.location).first()
    if account and not anew and account.seen_at > timezone.now() - FRESH and set(OUR_FIELDS) <= account.fields.keys():
        return account
    return _read(client, stats, account, make_fields)


def _read(client: Client, stats: Stats, before: Account | None, make_fields: bool) -> Account:
    location = client.account(stats)
    settings = location.get("settings") or {}
    pipelines = [_pipeline(row) for row in client.pipelines(stats)]
    account = Account(
        location_id=client.location,
        name=str(location.get("name") or ""),
        allow_duplicate_contact=settings.get("allowDuplicateContact") is True,
        allow_duplicate_opportunity=settings.get("allowDuplicateOpportunity") is True,
        settings=settings,
        pipelines=pipelines,
        lost_reasons=[{"id": row["id"], "name": row.get("name", "")} for row in client.lost_reasons(stats)],
        fields=_our_fields(client, stats, make_fields),
        connection=described(before.connection if before else {}),
        inbox=before.inbox if before else {},
        seen_at=timezone.now(),
    )
    with transaction.atomic(using=ALIAS):
        account.save(force_insert=before is None, force_update=before is not None)
        if before and before.allow_duplicate_opportunity != account.allow_duplicate_opportunity:
            _change_slots(several=account.allow_duplicate_opportunity)
        if not StageRule.objects.exists():
            StageRule.objects.bulk_create(suggested(pipelines))
    return account


def _pipeline(row: dict[str, Any]) -> dict[str, Any]:
    stages = [stage for stage in row.get("stages") or [] if isinstance(stage, dict) and stage.get("id")]
    return {
        "id": row["id"],
        "name": row.get("name", ""),
        "stages": [{"id": stage["id"], "name": stage.get("name", "")} for stage in stages],
    }


def _our_fields(client: Client, stats: Stats, make: bool) -> dict[str, str]:
    """Key to id. A create whose outcome is unknown is settled by the next run, which lists the fields again."""
    listed = {str(field.get("fieldKey", "")): str(field["id"]) for field in client.custom_fields(stats)}
    for key in OUR_FIELDS:
        if make and key not in listed:
            model, _, name = key.partition(".")
            made = client.create_custom_field(name, model, stats)
            listed[key] = str(made["id"])
    return {key: listed[key] for key in OUR_FIELDS if key in listed}


def _change_slots(*, several: bool) -> None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_TO_SEVERAL if several else _TO_ONE)
        cursor.execute("UPDATE integrations.ghl_opportunities SET due_at = now() WHERE due_at IS NULL AND draft_id IS NULL")
