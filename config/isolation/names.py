"""Table names with a schema, as Django models carry them: '"servicetitan"."st_customers"'."""

DEFAULT_SCHEMA = "public"


def qualified(schema: str, table: str) -> str:
    """The `db_table` of a model that lives in `schema`. Django passes names that are already quoted through."""
    return f'"{schema}"."{table}"'


def split(db_table: str) -> tuple[str, str]:
    """(schema, table) of a model's `db_table`."""
    schema, dot, table = db_table.replace('"', "").partition(".")
    return (schema, table) if dot else (DEFAULT_SCHEMA, schema)
