from typing import Any

from django.conf import settings
from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper
from django.db.utils import OperationalError
from psycopg import OperationalError as PsycopgOperationalError

from config.database.introspection import DatabaseIntrospection
from config.database.schema import DatabaseSchemaEditor
from config.embedded import ensure


class DatabaseWrapper(PostgresWrapper):
    introspection_class = DatabaseIntrospection
    SchemaEditorClass = DatabaseSchemaEditor

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; where the hub runs its own servers, start them when they do not answer."""
        try:
            return super().get_new_connection(conn_params)
        except (OperationalError, PsycopgOperationalError):
            if not settings.EMBEDDED:
                raise
        ensure(settings.HUB_DATA_DIR)
        return super().get_new_connection(conn_params)
