"""A connection of one's own, as the role behind an entry of DATABASES."""

from typing import Any

import psycopg

# What Django itself makes of OPTIONS; all others are libpq's.
_DJANGO = ("pool", "isolation_level", "assume_role", "server_side_binding")


def connect(login: dict[str, Any], **changes: Any) -> "psycopg.Connection[Any]":
    """`login` as `connections[alias].settings_dict` has it: under test the database has another name."""
    options = {key: value for key, value in login["OPTIONS"].items() if key not in _DJANGO}
    return psycopg.connect(
        **{
            **options,
            "host": login["HOST"],
            "port": login["PORT"],
            "dbname": login["NAME"],
            "user": login["USER"],
            "password": login["PASSWORD"],
            "connect_timeout": 10,
            "autocommit": True,
            **changes,
        }
    )
