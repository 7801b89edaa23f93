"""Who may act as whom: memberships of the units, and roles that the manifest does not know."""

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from config.isolation.database.findings import Cast, Finding, Note, Step, Trouble
from config.isolation.manifest import UNITS

# Memberships that let a role write, or run programs, past every grant.
WRITING = ("pg_write_all_data", "pg_execute_server_program", "pg_write_server_files", "pg_maintain", "pg_database_owner")
READING = ("pg_read_all_data", "pg_read_server_files")

# Superusers need no membership, and the owner may do everything with what it made.
_MEMBERSHIPS = """
SELECT g.rolname, m.rolname, b.rolname, am.grantor = 10 AND am.admin_option AND NOT ({usable})
FROM pg_auth_members am JOIN pg_roles g ON g.oid = am.roleid JOIN pg_roles m ON m.oid = am.member
LEFT JOIN pg_roles b ON b.oid = am.grantor
WHERE NOT m.rolsuper AND m.rolname <> current_user AND m.rolname !~ '^pg_'
  AND (m.rolname = ANY(%(units)s) OR g.rolname = ANY(%(units)s) OR g.rolname = ANY(%(powers)s) OR g.rolname = current_user)
ORDER BY 1, 2, 3
"""
_STRANGERS = """
SELECT rolname, rolcreaterole FROM pg_roles
WHERE NOT rolsuper AND rolname <> current_user AND rolname !~ '^pg_' AND rolname <> ALL(%(units)s) ORDER BY 1
"""


def find(cursor: Any, who: Cast, prefix: str) -> Iterator[Finding]:
    yield from _memberships(cursor, who)
    cursor.execute(_STRANGERS, {"units": who.units()})
    for name, makes_roles in cursor.fetchall():
        if name.startswith(prefix) and not _of_another_hub(name):
            yield Trouble(
                f"role {name} is called like a unit's, and no unit of the manifest has it: "
                f'remove it (DROP OWNED BY "{name}"; DROP ROLE "{name}"), or give it another name'
            )
        if makes_roles and who.version < 160000:
            yield Note(f"role {name} may make itself member of a unit's role: before PostgreSQL 16 CREATEROLE means that")


def _memberships(cursor: Any, who: Cast) -> Iterator[Finding]:
    usable = "am.inherit_option OR am.set_option" if who.version >= 160000 else "true"
    cursor.execute(_MEMBERSHIPS.format(usable=usable), {"units": who.units(), "powers": [*WRITING, *READING]})
    found = cursor.fetchall()
    others = _roles_of_hubs(cursor) - set(who.units())
    for group, member, grantor, maker in found:
        if member in others and group not in who.units():
            yield Note(f"role {member} of another hub on this server is member of {group}: that hub's `isolation check` tells")
        elif member in who.units():
            yield _leave(who, group, member, grantor, f"{member}: leave {group}")
        elif maker:
            yield Note(f"role {member} made {group} and may hand it out")
        elif group == who.owner:
            yield Note(f"role {member} may act as the owner, {group}")
        elif group in READING:
            yield Note(f"role {member}, which the manifest does not know, reads everything: it is member of {group}")
        else:
            yield _leave(who, group, member, grantor, f"{member}, which is no unit: leave {group}")


def _leave(who: Cast, group: str, member: str, grantor: str | None, what: str) -> Step:
    """A unit is member of no other role, and nobody of a unit's: SET ROLE would step into the compartment.

    From 16 on a membership is held once from each who granted it, and is taken back in his name.
    """
    by: sql.Composable = sql.SQL("")
    if grantor and who.version >= 160000:
        by = sql.SQL(" GRANTED BY {}").format(sql.Identifier(grantor))
        what = what if grantor == who.owner else f"{what} (granted by {grantor})"
    statement = sql.SQL("REVOKE {} FROM {}{} CASCADE").format(sql.Identifier(group), sql.Identifier(member), by)
    return Step(what, statement)


def _roles_of_hubs(cursor: Any) -> set[str]:
    """Of all hubs that are whole: a single role that is called like a unit's is no hub, and nobody else looks after it."""
    cursor.execute("SELECT rolname FROM pg_roles")
    names = {name for (name,) in cursor.fetchall()}
    first, *rest = (unit.name for unit in UNITS)
    prefixes = [name.removesuffix(first) for name in names if name.endswith(f"_{first}")]
    whole = [prefix for prefix in prefixes if all(f"{prefix}{name}" in names for name in rest)]
    return {f"{prefix}{unit.name}" for prefix in whole for unit in UNITS}


def _of_another_hub(name: str) -> bool:
    """Two hubs share a server under different prefixes, and one prefix may begin like the other."""
    return any(name.endswith(f"_{unit.name}") for unit in UNITS)
