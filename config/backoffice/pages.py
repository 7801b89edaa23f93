"""Addresses of admin pages."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import quote
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.backoffice import show


def page_of(model: type[Model], pk: Any) -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[quote(pk)])


def list_of(model: type[Model], **filters: Any) -> str:
    meta = model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return f"{url}?{urlencode(filters)}" if filters else url


def link_to(record: Model, text: Any = None) -> SafeString:
    return show.link(page_of(type(record), record.pk), text if text is not None else str(record))


def link_over(record: Model, relation: str) -> SafeString:
    """The parent of `record`, or its bare id: a child may be here before its parent, or outlive it."""
    field: Any = record._meta.get_field(relation)
    parent_id = getattr(record, field.attname)
    if not parent_id:
        return show.NOTHING
    try:
        parent = getattr(record, relation)  # with select_related, a parent that is not here reads as None
    except ObjectDoesNotExist:
        parent = None
    return missing(parent_id) if parent is None else link_to(parent)


def missing(record_id: Any) -> SafeString:
    return format_html('{} <span class="hub-missing">not mirrored (yet)</span>', show.copyable(record_id))
