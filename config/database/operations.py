"""Migration operations for things Django's own do not make."""

from collections.abc import Iterable

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.transaction import atomic
from django.db.utils import NotSupportedError


def create_schema(name: str) -> migrations.RunSQL:
    """First operation of a unit's first migration."""
    return migrations.RunSQL(f'CREATE SCHEMA IF NOT EXISTS "{name}"', migrations.RunSQL.noop)


def store_fast(app: str, models: Iterable[str], column: str) -> migrations.RunPython:
    """Store a big jsonb column with lz4 where the server was built with it, else uncompressed.

    PostgreSQL's own pglz takes a third of a load's work; lz4 costs next to nothing, and disk costs less than pglz.
    """

    def forwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        for model in models:
            table = apps.get_model(app, model)._meta.db_table
            try:
                _alter(editor, f"ALTER TABLE {table} ALTER COLUMN {column} SET COMPRESSION lz4")
            except NotSupportedError:
                _alter(editor, f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")

    return migrations.RunPython(forwards, migrations.RunPython.noop)


def _alter(editor: BaseDatabaseSchemaEditor, statement: str) -> None:
    with atomic(using=editor.connection.alias), editor.connection.cursor() as cursor:
        cursor.execute(statement)
