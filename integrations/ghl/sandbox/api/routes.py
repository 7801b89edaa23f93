"""Which path and method is what, and the scope it needs."""

import re
from collections.abc import Callable
from typing import NamedTuple

from integrations.ghl.sandbox.api import contact_search, contacts, locations, opportunities, opportunity_search
from integrations.ghl.sandbox.api.call import DATED, V3, Handler

_READ, _WRITE = "contacts.readonly", "contacts.write"
_CARDS, _CARDS_WRITE = "opportunities.readonly", "opportunities.write"
_FIELDS, _FIELDS_WRITE = "locations/customFields.readonly", "locations/customFields.write"


class Route(NamedTuple):
    method: str
    path: str  # {} for an id
    scope: str
    handler: Handler
    versions: tuple[str, ...] = (DATED, V3)


class Found(NamedTuple):
    route: Route
    ids: tuple[str, ...]


ROUTES = (
    Route("POST", "/contacts/", _WRITE, contacts.create),
    Route("GET", "/contacts/", _READ, contact_search.listing, (DATED,)),
    Route("POST", "/contacts/upsert", _WRITE, contacts.upsert),
    Route("POST", "/contacts/search", _READ, contact_search.search),
    Route("GET", "/contacts/search/duplicate", _READ, contact_search.duplicate),
    Route("GET", "/contacts/{}", _READ, contacts.show),
    Route("PUT", "/contacts/{}", _WRITE, contacts.update),
    Route("DELETE", "/contacts/{}", _WRITE, contacts.delete),
    Route("POST", "/contacts/{}/tags", _WRITE, contacts.add_tags),
    Route("DELETE", "/contacts/{}/tags", _WRITE, contacts.remove_tags),
    Route("GET", "/opportunities/pipelines", _CARDS, opportunities.pipelines),
    Route("GET", "/opportunities/lost-reason", _CARDS, opportunities.lost_reasons),
    Route("GET", "/opportunities/search", _CARDS, opportunity_search.search),
    Route("POST", "/opportunities/search", _CARDS, opportunity_search.search_by_body),
    Route("POST", "/opportunities/", _CARDS_WRITE, opportunities.create),
    Route("POST", "/opportunities/upsert", _CARDS_WRITE, opportunities.upsert),
    Route("GET", "/opportunities/{}", _CARDS, opportunities.show),
    Route("PUT", "/opportunities/{}", _CARDS_WRITE, opportunities.update),
    Route("DELETE", "/opportunities/{}", _CARDS_WRITE, opportunities.delete),
    Route("PUT", "/opportunities/{}/status", _CARDS_WRITE, opportunities.set_status),
    Route("GET", "/locations/{}", "locations.readonly", locations.show),
    Route("GET", "/locations/{}/tags", "locations/tags.readonly", locations.tags),
    Route("GET", "/locations/{}/customFields", _FIELDS, locations.fields),
    Route("POST", "/locations/{}/customFields", _FIELDS_WRITE, locations.create_field),
    Route("GET", "/locations/{}/customFields/{}", _FIELDS, locations.field),
)


def _pattern(path: str) -> Callable[[str], re.Match[str] | None]:
    """A final slash makes no difference."""
    return re.compile(re.escape(path.rstrip("/")).replace(r"\{\}", "([A-Za-z0-9_-]+)") + "/?").fullmatch


_TABLE = [(route, _pattern(route.path)) for route in ROUTES]


def find(method: str, path: str) -> Found | None:
    for route, match in _TABLE:
        found = match(path) if route.method == method else None
        if found:
            return Found(route, tuple(found.groups()))
    return None
