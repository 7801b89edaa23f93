"""Getting to know the org: who we are there, and the fields of its objects; a mapping is suggested once."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from config.isolation.egress.retries import Stats
from config.isolation.manifest import BY_NAME
from salesforce.client import Client
from salesforce.errors import NotAuthorized, SetupWrong
from salesforce.mapping.fields import Field, read_fields
from salesforce.mapping.records import ACCOUNT, CONTACT
from salesforce.mapping.sources import SUGGESTED_ACCOUNT, SUGGESTED_CONTACT
from salesforce.models import Account, Contact, FieldMapping, Org

ALIAS = BY_NAME["salesforce"].alias
FRESH = timedelta(hours=1)  # people change fields rarely, and one that is gone shows as a refusal


def known(client: Client, stats: Stats, *, anew: bool = False) -> Org:
    """The org as last read, read again where that is long ago or `anew`. Lines of the mapping that nobody made are suggested."""
    org_id = _org_id(client, stats)
    org = Org.objects.filter(pk=org_id).first()
    wanted = objects()
    fresh = org is not None and org.seen_at > timezone.now() - FRESH and set(wanted) <= org.objects_described.keys()
    if org is not None and fresh and not anew:
        return org
    return _read(client, stats, org_id, org, wanted)


def objects() -> tuple[str, ...]:
    return (CONTACT, ACCOUNT) if settings.SALESFORCE_ACCOUNTS == "customer" else (CONTACT,)


def fields_of(org: Org, sobject: str) -> dict[str, Field]:
    return {name: Field(**values) for name, values in org.objects_described.get(sobject, {}).items()}


def need_key(org: Org, sobject: str) -> None:
    """Raises SetupWrong where records cannot be found by the customer's number: then nothing may be sent."""
    name = settings.SALESFORCE_KEY_FIELD
    field = fields_of(org, sobject).get(name)
    if field is None:
        raise SetupWrong(
            f"{sobject} has no field {name}, or the hub's user may not see it: nothing can be sent. "
            "Run manage.py salesforce_check: it says what to click, and makes the field with --create-field."
        )
    if not field.external_id or not field.writable:
        raise SetupWrong(f"{sobject}.{name} must be an External ID that the hub's user may edit: manage.py salesforce_check.")


def _org_id(client: Client, stats: Stats) -> str:
    org_id = client.transport.tokens.current(stats).org_id
    if not org_id:
        raise NotAuthorized("Salesforce's answer at the login did not say which org it is: connect again.")
    return org_id


def _read(client: Client, stats: Stats, org_id: str, before: Org | None, wanted: Sequence[str]) -> Org:
    described = {}
    for sobject in wanted:
        fields = read_fields(client.describe(sobject, stats))
        described[sobject] = {name: field.as_dict() for name, field in fields.items()}
    values = {
        "instance_url": client.transport.tokens.current(stats).instance_url, "api_version": settings.SALESFORCE_API_VERSION,
        "objects_described": described, "seen_at": timezone.now(),
    }  # fmt: skip
    with transaction.atomic(using=ALIAS):
        if before is None:
            _forget_other_org()
        org, _ = Org.objects.update_or_create(pk=org_id, defaults=values)
        _suggest(wanted)
    return org


def _forget_other_org() -> None:
    """Ids and fingerprints of another org say nothing here: everything is looked at again. The rows are one org's at a time."""
    Org.objects.all().delete()
    for model in (Contact, Account):
        rows = model._default_manager.all()
        rows.update(sf_id=None, sent_hash="", sent=None, sent_at=None, job=None, planned=None, due_at=timezone.now())


def _suggest(wanted: Sequence[str]) -> None:
    """For an object without any line: what people deleted does not come back as long as one is left."""
    for sobject, lines in ((CONTACT, SUGGESTED_CONTACT), (ACCOUNT, SUGGESTED_ACCOUNT)):
        if sobject in wanted and not FieldMapping.objects.filter(sobject=sobject).exists():
            FieldMapping.objects.bulk_create(
                FieldMapping(sobject=sobject, source=source, target=target, suggested=True) for source, target in lines
            )
