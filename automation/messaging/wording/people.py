"""First names, for a greeting. Only where it is surely a person's: "Hello" is better than "Hi Llc"."""

import re

_TITLES = frozenset(("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "rev", "fr", "sr", "sra", "pastor"))
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv", "esq", "md", "dds", "dvm", "phd", "cpa", "rn", "ret"))
# What names of companies, and of what is no one's name, have in them.
_NOBODY = frozenset((
    "llc", "inc", "corp", "corporation", "co", "company", "ltd", "lp", "llp", "pllc", "pc", "plc", "group", "properties",
    "property", "management", "mgmt", "realty", "rentals", "rental", "homes", "home", "builders", "construction", "contracting",
    "services", "service", "plumbing", "heating", "cooling", "hvac", "electric", "restaurant", "cafe", "church", "school",
    "district", "city", "county", "hoa", "association", "assoc", "apartments", "apts", "condos", "hotel", "motel", "inn",
    "bank", "store", "shop", "salon", "clinic", "dental", "medical", "office", "center", "centre", "partners", "holdings",
    "investments", "ventures", "enterprises", "industries", "solutions", "systems", "international", "trust", "trustee",
    "estate", "family", "the", "of", "dba", "attn", "unknown", "caller", "wireless", "customer", "cash", "tenant", "resident",
    "homeowner", "owner", "occupant", "test", "do", "not", "and", "or",
))  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")


def first_name(name: str) -> str | None:
    """Of "Ann Lee", "Lee, Ann" and "Mr. John Smith, Jr."; of a company, of two people, of a lone word: none."""
    if re.search(r"[&/+@()\d]", name):
        return None
    last, comma, rest = (part.split() for part in name.partition(","))
    words = [*last, *rest]
    if any(_plain(word) in _NOBODY for word in words):
        return None
    given = [word for word in rest if _plain(word) not in _SUFFIXES] if comma else []
    if not given:  # "Ann Lee, MD" has its comma for another reason
        given = [word for word in last if _plain(word) not in _SUFFIXES]
        comma = []
    titled = bool(given) and _plain(given[0]) in _TITLES
    given = given[1:] if titled else given
    if len(given) < (1 if comma else 2):
        return None
    return _written(given[0])


def _plain(word: str) -> str:
    return word.lower().replace(".", "").strip(",;:'\"")


def _written(word: str) -> str | None:
    """As the office wrote it, unless its shift key hung: "ANN" is Ann, and "McKenzie" stays."""
    if len(word) < 2 or not _WORD.fullmatch(word):
        return None
    hung = word.isupper() or word.islower()
    return re.sub(r"[^\W\d_]+", lambda part: part[0].capitalize(), word) if hung else word
