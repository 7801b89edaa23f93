"""Rows of which a full read brings an older version than the mirror has: which of the two has ServiceTitan?

A full read puts right what is wrong here, a date of modification that lies too late included. But a late page may also
bring a copy that a newer one, found equal some pages before, has long replaced; and of what was found equal nothing is
written or remembered, since that is what makes an unchanged record cost next to nothing. So an older version never
overwrites a newer one by itself: it is rare, and ServiceTitan is asked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from servicetitan.client import IDS_PER_CALL, Client
from servicetitan.entities import Entity
from servicetitan.errors import Refused
from servicetitan.http import Stats
from servicetitan.models import CustomerContact
from servicetitan.moments import moment
from servicetitan.sync.paging import Listed, list_pages, listed

ROUNDING = timedelta(microseconds=1)
FUTURE = timedelta(days=1)


class OlderVersions(Exception):
    """The page holds older versions of these records than the mirror, and the mirror's are not of this run."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(f"{len(ids)} records are older than here.")
        self.ids = ids


@dataclass(frozen=True)
class Contested:
    entity: Entity
    client: Client
    stats: Stats

    def to_overrule(self, ids: Sequence[int]) -> list[int]:
        """The ids whose version here is later than any that ServiceTitan has.

        A record that it does not show (inactive contacts are in no list) stays as it is, unless its date is yet to come.
        """
        rows = self.entity.model._default_manager.filter(pk__in=ids, modified_on__isnull=False)
        here = dict(rows.values_list("pk", "modified_on"))
        there, tomorrow = self._there(list(here)), timezone.now() + FUTURE
        return [key for key, modified in here.items() if there.get(key, tomorrow) < modified - ROUNDING]

    def _there(self, ids: list[int]) -> dict[int, datetime]:
        """The latest modifiedOn of each at ServiceTitan."""
        found: dict[int, datetime] = {}
        wanted = set(ids)
        try:
            for row in self._ask(ids):
                if row.id in wanted and (modified := moment(row.modifiedOn)):
                    found[row.id] = max(modified, found.get(row.id, modified))
        except Refused:  # it does not say: what is here stays
            return {}
        return found

    def _ask(self, ids: list[int]) -> Iterator[Listed]:
        if self.entity.lists_ids:
            yield from self._asked("ids", ids)
        elif self.entity.model is CustomerContact:
            customers = CustomerContact.objects.filter(pk__in=ids, customer_id__isnull=False)
            yield from self._asked("customerIds", sorted(set(customers.values_list("customer_id", flat=True))))
        elif ids:
            yield from self._pages()

    def _asked(self, name: str, values: Sequence[int | None]) -> Iterator[Listed]:
        for start in range(0, len(values), IDS_PER_CALL):
            yield from self._pages(**{name: ",".join(map(str, values[start : start + IDS_PER_CALL]))})

    def _pages(self, **only: str) -> Iterator[Listed]:
        for page in list_pages(self.client, self.entity, self.stats, **only):
            yield from listed(page)
