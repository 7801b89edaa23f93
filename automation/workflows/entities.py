"""What workflows are about: the mirrored entities, whose customer they concern, and the fields that conditions may name."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models

from servicetitan.models import Appointment, Customer, Estimate, Invoice, Job, MirroredRecord

TEXT, NUMBER, FLAG, MOMENT = "text", "number", "flag", "moment"
_HIDDEN = {"source_checkpoint", "missing_since", "synced_at", "first_seen_at", "raw"}


@dataclass(frozen=True)
class Entity:
    """`feed`: its name in the event log. `customer`: the path from it to the customer's id."""

    name: str
    feed: str
    model: type[MirroredRecord]
    customer: str


ENTITIES = {
    entity.name: entity
    for entity in (
        Entity("customer", "customers", Customer, "id"),
        Entity("estimate", "estimates", Estimate, "customer_id"),
        Entity("job", "jobs", Job, "customer_id"),
        Entity("appointment", "appointments", Appointment, "customer_id"),
        Entity("invoice", "invoices", Invoice, "customer_id"),
    )
}


@dataclass(frozen=True)
class Field:
    """`name`: as conditions write it, such as estimate.subtotal or customer.type. `path`: as a query writes it."""

    name: str
    path: str
    kind: str


@cache
def fields_of(entity: str) -> dict[str, Field]:
    """Of the entity itself, and of its customer, job and types, as far as they are linked."""
    model = ENTITIES[entity].model
    found = {field.name: field for field in _own(entity, model, "")}
    for link, path, linked in _links(entity):
        found |= {field.name: field for field in _own(link, linked, f"{path}__")}
    return found


def _links(entity: str) -> list[tuple[str, str, type[models.Model]]]:
    known = {
        "estimate": [("customer", "customer"), ("job", "job"), ("job_type", "job__job_type")],
        "job": [("customer", "customer"), ("job_type", "job_type"), ("business_unit", "business_unit")],
        "appointment": [("customer", "customer"), ("job", "job"), ("job_type", "job__job_type")],
        "invoice": [("customer", "customer"), ("job", "job"), ("job_type", "job__job_type")],
        "customer": [],
    }
    model: Any = ENTITIES[entity].model
    return [(name, path, _target(model, path)) for name, path in known[entity]]


def _target(model: Any, path: str) -> type[models.Model]:
    for part in path.split("__"):
        model = model._meta.get_field(part).related_model
    found: type[models.Model] = model
    return found


def _own(prefix: str, model: type[models.Model], path: str) -> list[Field]:
    found = []
    for field in model._meta.concrete_fields:
        kind = _kind(field)
        if kind and field.name not in _HIDDEN:
            found.append(Field(f"{prefix}.{field.name}", f"{path}{field.name}", kind))
    return found


def _kind(field: Any) -> str:
    if field.is_relation or isinstance(field, models.JSONField):
        return ""
    if isinstance(field, models.BooleanField):
        return FLAG
    if isinstance(field, models.DateTimeField):
        return MOMENT
    if isinstance(field, models.IntegerField | models.DecimalField | models.FloatField):
        return NUMBER
    return TEXT if isinstance(field, models.TextField | models.CharField) else ""
