"""What a look at the database finds: steps that mend it, trouble that needs a person, notes."""

from dataclasses import dataclass
from typing import Any

from psycopg import sql


@dataclass(frozen=True)
class Step:
    """`statement` mends it. `remedy` is the SQL to show where this login may not; empty where it holds a secret."""

    what: str
    statement: sql.Composable
    remedy: str | None = None

    def advice(self) -> str:
        remedy = self.statement.as_string() if self.remedy is None else self.remedy
        return f"A superuser can: {remedy}" if remedy else "Ask a superuser."


@dataclass(frozen=True)
class Trouble:
    """Wrong, and not for the hub to mend: `what` says what to do."""

    what: str


@dataclass(frozen=True)
class Note:
    """What a person should know."""

    what: str


Finding = Step | Trouble | Note


@dataclass(frozen=True)
class Cast:
    """Who is who in this database. `roles`: the database role of each unit, by the unit's name."""

    owner: str
    superuser: bool
    version: int
    roles: dict[str, str]

    def units(self) -> list[str]:
        return list(self.roles.values())

    def borrowing(self, role: str, statement: sql.Composable) -> sql.Composable:
        """`statement` with the rights of `role`, which the owner takes for this moment and gives back."""
        if self.superuser:
            return statement
        how = sql.SQL(" WITH INHERIT TRUE, SET TRUE" if self.version >= 160000 else "")
        return sql.SQL("GRANT {0} TO CURRENT_USER{1}; {2}; REVOKE {0} FROM CURRENT_USER").format(
            sql.Identifier(role), how, statement
        )


def cast(cursor: Any, roles: dict[str, str]) -> Cast:
    cursor.execute(
        "SELECT current_user::text, rolsuper, current_setting('server_version_num')::int FROM pg_roles "
        "WHERE rolname = current_user"
    )
    owner, superuser, version = cursor.fetchone()
    return Cast(owner, superuser, version, roles)
