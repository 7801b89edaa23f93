"""Which path and method of /services/data/vNN.0 is what."""

import re
from collections.abc import Callable
from typing import NamedTuple

from salesforce.sandbox.api import collections, composite, queries, resources, rows, tooling
from salesforce.sandbox.api.call import Handler
from salesforce.sandbox.bulk import handlers as bulk


class Found(NamedTuple):
    """`handler`: none where the path is known and the method is not."""

    handler: Handler | None
    names: tuple[str, ...]
    methods: tuple[str, ...]


_WORD = r"([A-Za-z0-9_]+)"
# {} is one word, {*} all that is left: the value of a key may hold slashes.
_ROUTES: dict[str, dict[str, Handler]] = {
    "": {"GET": resources.resources},
    "/limits": {"GET": resources.limits},
    "/limits/recordCount": {"GET": resources.record_count},
    "/query": {"GET": queries.query},
    "/queryAll": {"GET": queries.query_all},
    "/query/{*}": {"GET": queries.more},
    "/composite": {"POST": composite.composite},
    "/composite/sobjects": {"POST": collections.create, "PATCH": collections.update, "DELETE": collections.delete},
    "/composite/sobjects/{}": {"GET": collections.retrieve},
    "/composite/sobjects/{}/{}": {"PATCH": collections.upsert},
    "/jobs/ingest": {"GET": bulk.listing, "POST": bulk.create},
    "/jobs/ingest/{}": {"GET": bulk.show, "PATCH": bulk.change, "DELETE": bulk.delete},
    "/jobs/ingest/{}/batches": {"PUT": bulk.upload},
    "/jobs/ingest/{}/successfulResults": {"GET": bulk.successful},
    "/jobs/ingest/{}/failedResults": {"GET": bulk.failed},
    "/jobs/ingest/{}/unprocessedrecords": {"GET": bulk.unprocessed},
    "/jobs/ingest/{}/unprocessedRecords": {"GET": bulk.unprocessed},  # as simple-salesforce writes it
    "/tooling/query": {"GET": queries.query},
    "/tooling/sobjects/CustomField": {"POST": tooling.create_field},
    "/tooling/sobjects/CustomField/{}": {"GET": tooling.show_field},
    "/sobjects": {"GET": resources.sobjects},
    "/sobjects/{}": {"GET": resources.basic, "POST": rows.create},
    "/sobjects/{}/describe": {"GET": resources.describe},
    "/sobjects/{}/{}": {"GET": rows.show, "HEAD": rows.show, "PATCH": rows.update, "DELETE": rows.delete},
    "/sobjects/{}/{}/{*}": {
        "GET": rows.show_by_key,
        "HEAD": rows.show_by_key,
        "PATCH": rows.upsert,
        "DELETE": rows.delete_by_key,
    },
}


def _pattern(path: str) -> Callable[[str], re.Match[str] | None]:
    """A final slash makes no difference."""
    text = re.escape(path).replace(r"\{\*\}", "(.+)").replace(r"\{\}", _WORD)
    return re.compile(text + ("" if path.endswith("{*}") else "/?"), re.DOTALL).fullmatch


_TABLE = [(_pattern(path), methods) for path, methods in _ROUTES.items()]


def find(method: str, path: str) -> Found | None:
    """`path` begins behind the version. None for a path that is none."""
    for match, methods in _TABLE:
        found = match(path)
        if found:
            return Found(methods.get(method), tuple(found.groups()), tuple(methods))
    return None
