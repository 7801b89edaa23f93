from django.db.backends.ddl_references import Statement
from django.db.backends.postgresql.schema import DatabaseSchemaEditor as PostgresSchemaEditor
from django.db.models import Model

from config.isolation.names import split


class DatabaseSchemaEditor(PostgresSchemaEditor):
    def alter_db_table(self, model: type[Model], old_db_table: str, new_db_table: str) -> None:
        """PostgreSQL moves and renames in two statements, and wants the new name bare."""
        (old_schema, old_name), (new_schema, new_name) = split(old_db_table), split(new_db_table)
        if old_schema != new_schema:
            self.execute(f"ALTER TABLE {self._quote(old_schema, old_name)} SET SCHEMA {self.quote_name(new_schema)}")
        if old_name != new_name:
            self.execute(f"ALTER TABLE {self._quote(new_schema, old_name)} RENAME TO {self.quote_name(new_name)}")
        for sql in self.deferred_sql:
            if isinstance(sql, Statement):
                sql.rename_table_references(old_db_table, new_db_table)

    def _quote(self, schema: str, table: str) -> str:
        return f"{self.quote_name(schema)}.{self.quote_name(table)}"
