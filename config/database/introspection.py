from typing import Any

from django.db.backends.postgresql.introspection import DatabaseIntrospection as PostgresIntrospection
from django.db.backends.postgresql.introspection import TableInfo
from django.db.backends.utils import CursorWrapper

from config.isolation.names import DEFAULT_SCHEMA, qualified, split

_TABLES = """
    SELECT n.nspname, c.relname,
           CASE WHEN c.relispartition THEN 'p' WHEN c.relkind IN ('m', 'v') THEN 'v' ELSE 't' END,
           obj_description(c.oid, 'pg_class')
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v')
      AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
      AND pg_catalog.pg_table_is_visible(c.oid)
"""


class DatabaseIntrospection(PostgresIntrospection):
    def get_table_list(self, cursor: CursorWrapper) -> list[Any]:
        """Tables as models name them: qualified outside `public`, bare inside."""
        cursor.execute(_TABLES)
        return [
            TableInfo(table if schema == DEFAULT_SCHEMA else qualified(schema, table), kind, comment)
            for schema, table, kind, comment in cursor.fetchall()
            if table not in self.ignored_tables
        ]

    def get_table_description(self, cursor: CursorWrapper, table_name: str) -> Any:
        return super().get_table_description(cursor, split(table_name)[1])

    def get_sequences(self, cursor: CursorWrapper, table_name: str, table_fields: Any = ()) -> Any:
        return super().get_sequences(cursor, split(table_name)[1], table_fields)

    def get_relations(self, cursor: CursorWrapper, table_name: str) -> Any:
        return super().get_relations(cursor, split(table_name)[1])

    def get_constraints(self, cursor: CursorWrapper, table_name: str) -> Any:
        return super().get_constraints(cursor, split(table_name)[1])
