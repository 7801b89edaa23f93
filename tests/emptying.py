"""Emptying the database after a test that committed: only the tables that hold something.

Django's flush empties every table of the project and then makes content types, permissions and groups anew, which takes
longer than most tests. Here they stay as long as no test has touched them; where one has, Django's flush does it all.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import TransactionTestCase

_LEAVES = """
SELECT DISTINCT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
FROM unnest(%s::text[]) AS given(name) JOIN LATERAL pg_partition_tree(to_regclass(given.name)) tree ON true
JOIN pg_class c ON c.oid = tree.relid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE tree.isleaf
UNION
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
FROM unnest(%s::text[]) AS given(name) JOIN pg_class c ON c.oid = to_regclass(given.name)
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'
ORDER BY 1
"""
_CONTENT = "SELECT '{table}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"
_HOLDS = "SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})"


class Emptier:
    """`kept`: what the tables held that were not empty after Django's flush."""

    def __init__(self, flush: Any) -> None:
        self._flush = flush
        self._tables: dict[str, list[str]] = {}
        self._kept: dict[str, dict[str, str]] = {}

    def empty(self, test: TransactionTestCase) -> None:
        names = sorted(test._databases_names(include_mirrors=False))  # type: ignore[attr-defined] # as Django's own does
        if all(self._emptied(alias) for alias in names):
            return
        self._flush(test)
        for alias in names:
            self._kept[alias] = self._content(alias, self._holding(alias))

    def _emptied(self, alias: str) -> bool:
        """False: something that is there at the beginning is not as it was."""
        kept = self._kept.get(alias)
        if kept is None or self._content(alias, list(kept)) != kept:
            return False
        full = [table for table in self._holding(alias) if table not in kept]
        if not full:
            return True
        with connections[alias].cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(full)} CASCADE")
        return self._content(alias, list(kept)) == kept  # the cascade may have reached them

    def _content(self, alias: str, tables: list[str]) -> dict[str, str]:
        return dict(self._rows(alias, _CONTENT, tables))

    def _holding(self, alias: str) -> list[str]:
        if alias not in self._tables:
            names = connections[alias].introspection.django_table_names(only_existing=True, include_views=False)
            with connections[alias].cursor() as cursor:
                cursor.execute(_LEAVES, [names, names])
                self._tables[alias] = [row[0] for row in cursor.fetchall()]
        return [row[0] for row in self._rows(alias, _HOLDS, self._tables[alias])]

    def _rows(self, alias: str, query: str, tables: list[str]) -> list[Any]:
        if not tables:
            return []
        with connections[alias].cursor() as cursor:
            cursor.execute(" UNION ALL ".join(query.format(table=table) for table in tables))
            return list(cursor.fetchall())


@pytest.fixture(scope="session", autouse=True)
def emptying() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        emptier = Emptier(TransactionTestCase._fixture_teardown)  # type: ignore[attr-defined] # Django's own way to do it
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: emptier.empty(test))
        yield
