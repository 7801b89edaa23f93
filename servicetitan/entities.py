"""What is mirrored: six feeds and four reference lists, each with its place in ServiceTitan's API.

Source of the paths and scopes: ServiceTitan's OpenAPI documents (crm, jpm, sales, accounting, settings, all v2).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from servicetitan import models

ANY = {"active": "Any"}


@dataclass(frozen=True, eq=False)
class Entity:
    """One mirrored kind of record.

    Paths follow `/{module}/v2/tenant/{tenant}`. `export` is empty for the reference lists, which are read whole.
    `by_id` may hold `{id}`; without it the record is asked for with `?ids=`, where `lists_ids`. `keeps` are fields that
    the export has and a by-id answer lacks.
    """

    name: str
    model: type[models.MirroredRecord]
    module: str
    list: str
    scope: str
    export: str = ""
    legacy_export: str = ""
    by_id: str = ""
    lists_ids: bool = True
    list_params: dict[str, str] = field(default_factory=dict)
    export_params: dict[str, str] = field(default_factory=dict)
    sort: str = ""
    keeps: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def is_feed(self) -> bool:
        return bool(self.export)


FEEDS = (
    Entity(
        "customers", models.Customer, "crm", "/customers", "tn.crm.customers:r",
        export="/export/customers", by_id="/customers/{id}", list_params=ANY, sort="+Id",
    ),
    Entity(
        "contacts", models.CustomerContact, "crm", "/customers/contacts", "tn.crm.customers:r",
        export="/export/customers/contacts", lists_ids=False, keeps=("active",), aliases=("customer_contacts",),
        list_params={"modifiedOnOrAfter": "1900-01-01T00:00:00Z"},  # the list asks for one of its date filters
    ),
    Entity(
        "jobs", models.Job, "jpm", "/jobs", "tn.jpm.jobs:r",
        export="/export/jobs", by_id="/jobs/{id}", sort="+Id", keeps=("active",),
    ),
    Entity(
        "appointments", models.Appointment, "jpm", "/appointments", "tn.jpm.appointments:r",
        export="/export/appointments", by_id="/appointments/{id}", list_params=ANY, export_params=ANY, sort="+Id",
        aliases=("appts",),
    ),
    Entity(
        "estimates", models.Estimate, "sales", "/estimates", "tn.sal.estimates:r",
        export="/export/estimates", legacy_export="/estimates/export", by_id="/estimates/{id}", list_params=ANY,
        sort="+Id",
    ),
    Entity(
        "invoices", models.Invoice, "accounting", "/invoices", "tn.acc.invoices:r",
        export="/export/invoices", list_params={"activeState": "All"}, sort="+Id",
    ),
)  # fmt: skip

REFERENCE_LISTS = (
    Entity("business_units", models.BusinessUnit, "settings", "/business-units", "tn.stt.businessunits:r", list_params=ANY),
    Entity("job_types", models.JobType, "jpm", "/job-types", "tn.jpm.jobtypes:r", list_params=ANY),
    Entity("technicians", models.Technician, "settings", "/technicians", "tn.stt.technicians:r", list_params=ANY),
    Entity("tag_types", models.TagType, "settings", "/tag-types", "tn.stt.tagtypes:r", lists_ids=False, list_params=ANY),
)

ENTITIES = (*REFERENCE_LISTS, *FEEDS)  # names before the records that use them
BY_NAME = {entity.name: entity for entity in ENTITIES}
_BY_ANY_NAME = BY_NAME | {alias: entity for entity in ENTITIES for alias in entity.aliases}


class UnknownEntity(ValueError):
    """A name that is no entity. The message lists the names."""


def named(names: Iterable[str]) -> tuple[Entity, ...]:
    """Entities by name, each once, in the order of `ENTITIES`. Raises UnknownEntity."""
    wanted = set()
    for name in names:
        entity = _BY_ANY_NAME.get(name.lower().replace("-", "_").removeprefix("st_"))
        if entity is None:
            raise UnknownEntity(f"There is no entity '{name}'. Choose from: {', '.join(BY_NAME)}.")
        wanted.add(entity.name)
    return tuple(entity for entity in ENTITIES if entity.name in wanted)
