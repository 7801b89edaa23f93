"""The path of a call without what it was about: `/crm/v2/tenant/{id}/customers/{id}`. Queries are never kept."""

import re
from urllib.parse import unquote, urlsplit

LONGEST = 200
_ID = "{id}"

_PLAIN = re.compile(r"[\w.~-]*$", re.ASCII)
_NUMBER = re.compile(r"\d{3}|^[\d.()-]+$")
_VERSION = re.compile(r"v\d{1,2}(\.\d{1,2})?$|\d{4}-\d{2}-\d{2}$")  # v2, v59.0, and Twilio's 2010-04-01
_OPAQUE = 15  # Salesforce's ids have 15 or 18 characters, GoHighLevel's 20
_WORDS = re.compile(r"([a-z]+[-_])*[a-z]+$|[A-Za-z]?[a-z]+([A-Z][a-z]+)*$|[A-Za-z]+(_[A-Za-z]+)*__c$")


def template(url: str) -> str:
    """Numbers, UUIDs, long opaque ids, e-mail addresses and phone numbers become `{id}`."""
    try:
        parts = urlsplit(url).path.split("/")
    except ValueError:  # no address at all
        return _ID
    return "/".join(_ID if _identifies(unquote(part)) else part for part in parts)[:LONGEST]


def _identifies(part: str) -> bool:
    """Whether a part of the path may say who or what the call was about. Cautious: what is not a word does."""
    if not _PLAIN.match(part):
        return True
    if part == "" or _VERSION.match(part):
        return False
    if _NUMBER.search(part):
        return True
    return len(part.partition(".")[0]) >= _OPAQUE and not _WORDS.match(part.partition(".")[0])
