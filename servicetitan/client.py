"""What the hub asks ServiceTitan: exports, lists and single records. It can only read.

Source: ServiceTitan's OpenAPI documents and its page "Transactional & Export APIs".
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import msgspec
from django.conf import settings
from django.utils import timezone

from servicetitan.entities import Entity
from servicetitan.errors import NotFound, Refused, ScopeMissing, TokenRefused, Unclear
from servicetitan.http import Stats, Transport
from servicetitan.repair import repaired, shallow

log = logging.getLogger(__name__)
T = TypeVar("T")

LIST_PAGE = 500  # some modules take no more; the larger ones would answer 5000
IDS_PER_CALL = 50
UTF8_BOM = b"\xef\xbb\xbf"


class ExportPage(msgspec.Struct):
    """The envelope of an export: `data` stays unread bytes until PostgreSQL decodes it."""

    hasMore: bool  # noqa: N815 - the vendor's names
    data: msgspec.Raw
    continueFrom: str | None = None  # noqa: N815


class ListPage(msgspec.Struct):
    hasMore: bool  # noqa: N815
    data: msgspec.Raw


class Identified(msgspec.Struct):
    id: int | None = None


@dataclass(frozen=True)
class Page:
    """A page of an export. `fetched_with` is the token (or date) that brought it, None at the beginning."""

    data: bytes
    has_more: bool
    fetched_with: str | None
    continue_from: str | None
    asked_at: datetime = field(default_factory=timezone.now)


class Client:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def export(self, entity: Entity, start: str | None, stats: Stats) -> Page:
        """The page behind `start`: a continuation token, a date, or None for the beginning.

        Raises TokenRefused where ServiceTitan does not accept `start`.
        """
        params = {"includeRecentChanges": "true", **entity.export_params}  # the plain export lags 15 minutes
        if start is not None:
            params["from"] = start
        asked_at = timezone.now()
        try:
            page = self._export_page(entity, params, stats)
        except ScopeMissing as error:
            raise _with_scope(error, entity) from error
        except Refused as error:
            if error.status == 400 and start is not None:
                raise TokenRefused(f"ServiceTitan does not accept the stored position of {entity.name}. {error}", 400) from error
            raise
        return Page(array(page.data), page.hasMore, start, page.continueFrom or None, asked_at)

    def _export_page(self, entity: Entity, params: dict[str, str], stats: Stats) -> ExportPage:
        try:
            return self._get(entity, entity.export, params, ExportPage, stats)
        except Refused as error:
            if error.status != 404 or not entity.legacy_export:
                raise
        return self._get(entity, entity.legacy_export, params, ExportPage, stats)

    def listed(self, entity: Entity, number: int, stats: Stats, **only: str) -> ListPage:
        """Page `number` (from 1) of the entity's list, inactive records included. `only`: filters, as the API has them."""
        params = {"page": str(number), "pageSize": str(LIST_PAGE), **entity.list_params, **only}
        if entity.sort:
            params["sort"] = entity.sort
        try:
            return self._get(entity, entity.list, params, ListPage, stats)
        except ScopeMissing as error:
            raise _with_scope(error, entity) from error

    def read(self, entity: Entity, record_id: int, stats: Stats) -> bytes | None:
        """The record's JSON as it is now, or None where ServiceTitan says that it does not exist. May raise Unclear."""
        if entity.by_id:
            try:
                fields = self._get(entity, entity.by_id.format(id=record_id), {}, dict[str, msgspec.Raw], stats)
                return msgspec.json.encode(fields)
            except NotFound:
                return None
        params = {"ids": str(record_id), "pageSize": str(IDS_PER_CALL), **entity.list_params}
        page = self._get(entity, entity.list, params, ListPage, stats)
        found = msgspec.json.decode(array(page.data), type=list[msgspec.Raw])
        for raw in found:
            if msgspec.json.decode(raw, type=Identified).id == record_id:
                return bytes(raw)
        if found:
            raise Unclear(f"Asked for {entity.name} {record_id}, ServiceTitan sent something else.")
        return None

    def contact_ids(self, entity: Entity, customer_id: int, stats: Stats) -> set[int]:
        """Ids of all contacts of one customer; empty where the customer does not exist.

        Raises Refused with status 409 for an inactive customer, or Unclear: ServiceTitan then does not say.
        """
        found: set[int] = set()
        number, more = 1, True
        while more:
            params = {"page": str(number), "pageSize": str(LIST_PAGE)}
            try:
                page = self._get(entity, f"/customers/{customer_id}/contacts", params, ListPage, stats)
            except NotFound:
                return set()
            contacts = msgspec.json.decode(array(page.data), type=list[Identified])
            if any(contact.id is None for contact in contacts):
                raise Unclear(f"ServiceTitan sends contacts without an id for customer {customer_id}.")
            found |= {contact.id for contact in contacts if contact.id is not None}
            number, more = number + 1, page.hasMore
        return found

    def _get(self, entity: Entity, path: str, params: dict[str, str], shape: type[T], stats: Stats) -> T:
        full = f"/{entity.module}/v2/tenant/{settings.SERVICETITAN_TENANT_ID}{path}"
        return self._transport.get(full, params, lambda body: _decoded(body, shape), stats)


def _decoded(body: bytes, shape: type[T]) -> T:
    body = body.removeprefix(UTF8_BOM)
    try:
        envelope = msgspec.json.decode(body, type=shape)
    except msgspec.DecodeError:  # perhaps only one record's text is odd
        envelope = msgspec.json.decode(repaired(body)[0], type=shape)
    except RecursionError:
        log.warning("ServiceTitan sends a record that is nested too deep to be read: the depth becomes U+FFFD.")
        envelope = msgspec.json.decode(shallow(repaired(body)[0]), type=shape)
    if isinstance(envelope, ExportPage | ListPage):
        array(envelope.data)
    return envelope


def array(data: msgspec.Raw) -> bytes:
    """The JSON array in an envelope; null stands for an empty one. Raises ValueError for anything else."""
    content = bytes(data).strip()
    if content == b"null":
        return b"[]"
    if not content.startswith(b"["):
        raise ValueError("data is not a list")
    return content


def _with_scope(error: ScopeMissing, entity: Entity) -> ScopeMissing:
    return ScopeMissing(
        f"{error} Reading {entity.name} needs the scope {entity.scope}: grant it to the app in ServiceTitan's developer "
        "portal, then have the tenant's administrator accept the new version of the app.",
        error.status,
    )
