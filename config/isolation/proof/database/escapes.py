"""Ways out of the role altogether: into another role, the server's files, programs, settings and catalogs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from psycopg import sql

from config.isolation.manifest import Unit
from config.isolation.proof.database.attempt import Try
from config.isolation.proof.database.probes import NAME

BEYOND = "beyond"
NO_FILE = "58P01"  # comes when the server's files were looked at
NO_SUCH_OBJECT = "42704"

# {foreign}: a table of another unit. {new}: a name for what must never come to be.
ESCAPES = {
    "become the owner": "SET ROLE {owner}",
    "become the owner, by a setting": "SELECT set_config('role', {owner_text}, false)",
    "session of the owner": "SET SESSION AUTHORIZATION {owner}",
    "session of another unit": "SET SESSION AUTHORIZATION {other}",
    "RESET ROLE, then write": "RESET ROLE; DELETE FROM {foreign}",
    "SET ROLE NONE, then write": "SET ROLE NONE; DELETE FROM {foreign}",
    "RESET SESSION AUTHORIZATION, then write": "RESET SESSION AUTHORIZATION; DELETE FROM {foreign}",
    "a transaction said to be for writing": "BEGIN READ WRITE; DELETE FROM {foreign}",
    "a prepared transaction of a foreign write": "BEGIN; DELETE FROM {foreign}; PREPARE TRANSACTION '{new}'",
    "without triggers and rules": "SET session_replication_role = replica; DELETE FROM {foreign}",
    "own role: superuser": "ALTER ROLE {self} SUPERUSER",
    "own role: makes roles": "ALTER ROLE {self} CREATEROLE",
    "own role: makes databases": "ALTER ROLE {self} CREATEDB",
    "own role: passes row security": "ALTER ROLE {self} BYPASSRLS",
    "own role: replication": "ALTER ROLE {self} REPLICATION",
    "own role: no limit of connections": "ALTER ROLE {self} CONNECTION LIMIT -1",
    "another role: its password": "ALTER ROLE {other} PASSWORD 'x'",
    "another role: its limits": "ALTER ROLE {other} SET statement_timeout = 0",
    "another role: no login": "ALTER ROLE {other} NOLOGIN",
    "another role: DROP": "DROP ROLE {other}",
    "the owner: its password": "ALTER ROLE {owner} PASSWORD 'x'",
    "all roles: settings": "ALTER ROLE ALL SET statement_timeout = 0",
    "member of the owner": "GRANT {owner} TO {self}",
    "member of another unit": "GRANT {other} TO {self}",
    "another unit as member": "GRANT {self} TO {other}",
    "member of pg_write_all_data": "GRANT pg_write_all_data TO {self}",
    "member of pg_read_all_data": "GRANT pg_read_all_data TO {self}",
    "member of pg_execute_server_program": "GRANT pg_execute_server_program TO {self}",
    "CREATE ROLE": "CREATE ROLE {new}",
    "CREATE SCHEMA": "CREATE SCHEMA {new}",
    "CREATE TEMP TABLE": "CREATE TEMP TABLE {new} (id int)",
    "CREATE TEMP TABLE AS": "CREATE TEMP TABLE {new} AS SELECT 1 AS id",
    "CREATE TEMP VIEW": "CREATE TEMP VIEW {new} AS SELECT 1 AS id",
    "CREATE EVENT TRIGGER": "CREATE EVENT TRIGGER {new} ON ddl_command_end EXECUTE FUNCTION {new}()",
    "CREATE PUBLICATION": "CREATE PUBLICATION {new}",
    "CREATE SUBSCRIPTION": "CREATE SUBSCRIPTION {new} CONNECTION 'dbname=x' PUBLICATION x WITH (connect = false)",
    "CREATE FOREIGN DATA WRAPPER": "CREATE FOREIGN DATA WRAPPER {new}",
    "CREATE ACCESS METHOD": "CREATE ACCESS METHOD {new} TYPE TABLE HANDLER heap_tableam_handler",
    "CREATE CAST": "CREATE CAST (text AS int) WITHOUT FUNCTION",
    "database: settings": "ALTER DATABASE {database} SET statement_timeout = 0",
    "database: its owner": "ALTER DATABASE {database} OWNER TO {self}",
    "database: temporary tables": "GRANT TEMPORARY ON DATABASE {database} TO {self}",
    "database: schemas": "GRANT CREATE ON DATABASE {database} TO {self}",
    "database: COMMENT": "COMMENT ON DATABASE {database} IS 'x'",
    "pg_catalog: CREATE TABLE": "CREATE TABLE pg_catalog.{new} (id int)",
    "pg_catalog: CREATE FUNCTION": "CREATE FUNCTION pg_catalog.{new}() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "pg_catalog: UPDATE of privileges": "UPDATE pg_catalog.pg_class SET relacl = NULL WHERE false",
    "pg_catalog: UPDATE of owners": "UPDATE pg_catalog.pg_proc SET proowner = 0 WHERE false",
    "pg_catalog: INSERT of a membership": "INSERT INTO pg_catalog.pg_auth_members SELECT WHERE false",
    "pg_catalog: DELETE": "DELETE FROM pg_catalog.pg_default_acl WHERE false",
    "pg_catalog: DROP": "DROP VIEW pg_catalog.pg_tables",
    "pg_catalog: REVOKE": "REVOKE SELECT ON pg_catalog.pg_class FROM PUBLIC",
    "default privileges of the owner": "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON TABLES TO PUBLIC",
    "passwords: pg_authid": "SELECT rolpassword FROM pg_catalog.pg_authid WHERE false",
    "passwords: pg_shadow": "SELECT passwd FROM pg_catalog.pg_shadow WHERE false",
    "rows' samples: pg_statistic": "SELECT FROM pg_catalog.pg_statistic WHERE false",
    "large objects' rows: pg_largeobject": "SELECT FROM pg_catalog.pg_largeobject WHERE false",
    "who may log in: pg_hba_file_rules": "SELECT FROM pg_catalog.pg_hba_file_rules WHERE false",
    "server's settings files": "SELECT FROM pg_catalog.pg_file_settings WHERE false",
    "server's settings: read again": "SELECT pg_reload_conf()",
    "server's log: less of it": "SET log_min_messages = panic",
    "CHECKPOINT": "CHECKPOINT",
    "replication slot": "SELECT pg_create_physical_replication_slot('{new}', false, true)",
    "program: COPY TO": "COPY (SELECT 1) TO PROGRAM 'true'",
    "program: COPY FROM": "COPY {foreign} FROM PROGRAM 'true'",
    "file: COPY TO": "COPY (SELECT 1) TO '/{new}/x'",
    "file: COPY FROM": "COPY {foreign} FROM '/{new}/x'",
    "file: pg_read_file": "SELECT pg_read_file('{new}')",
    "file: pg_read_binary_file": "SELECT pg_read_binary_file('{new}')",
    "file: pg_ls_dir": "SELECT pg_ls_dir('{new}')",
    "file: pg_stat_file": "SELECT pg_stat_file('{new}')",
    "file: lo_import": "SELECT lo_import('/{new}/x')",
    "file: lo_export": "SELECT lo_export(0, '/{new}/x')",
    "library: LOAD": "LOAD '{new}'",
    "library: CREATE FUNCTION in C": "CREATE FUNCTION {schema}.{new}() RETURNS int LANGUAGE c AS '{new}', 'x'",
}
LARGE_OBJECTS = {
    "large object: create": "SELECT lo_create(0)",
    "large object: creat": "SELECT lo_creat(-1)",
    "large object: from bytes": "SELECT lo_from_bytea(0, 'x')",
    "large object: put": "SELECT lo_put(0, 0, 'x')",
    "large object: open for writing": "SELECT lo_open(0, 131072)",
    "large object: write": "SELECT lowrite(0, 'x')",
    "large object: truncate": "SELECT lo_truncate(0, 0)",
    "large object: unlink": "SELECT lo_unlink(0)",
    "large object: get": "SELECT lo_get(0)",
    "large object: read": "SELECT loread(0, 1)",
}
# What begins with a statement that cannot be in a transaction is undone by another.
ALONE = {
    "CREATE DATABASE": ("CREATE DATABASE {new}", "DROP DATABASE IF EXISTS {new}"),
    "CREATE TABLESPACE": ("CREATE TABLESPACE {new} LOCATION '/{new}'", ""),
    "ALTER SYSTEM": ("ALTER SYSTEM RESET application_name", ""),
    "DROP DATABASE": ("DROP DATABASE {database}", ""),  # in use, by this very session
}
# A unit that only reads can lift that by itself; then the grants still refuse. So do all its other tries, see `database`.
READ_ONLY = {
    "lift read-only, then write": "SET TRANSACTION READ WRITE; DELETE FROM {foreign}",
    "lift read-only for this transaction, then write": "SET LOCAL transaction_read_only = off; DELETE FROM {foreign}",
    "lift read-only for all transactions, then write": "SET default_transaction_read_only = off; COMMIT; DELETE FROM {foreign}",
}
ALLOWED = {
    "LISTEN": "LISTEN {new}",
    "NOTIFY": "NOTIFY {new}",
}
_REACHED = {
    "CREATE EVENT TRIGGER": ("42883",),
    "large object": (NO_SUCH_OBJECT,),
    "file": (NO_FILE, NO_SUCH_OBJECT),
    "library": (NO_FILE,),
    "CREATE TABLESPACE": (NO_FILE,),
    "DROP DATABASE": ("55006",),
    "a prepared transaction of a foreign write": ("55000",),
}


@dataclass(frozen=True)
class Around:
    """What there is around a unit. Roles are quoted. `victim`: the process of a session that may be ended."""

    owner: str
    self: str
    others: dict[str, str]  # unit -> role
    strangers: list[str]  # all other roles of the server, also PostgreSQL's own, unquoted
    foreign: str
    database: str
    schema: str
    victim: int | None
    extension: str | None  # one that could be installed
    dblink: str | None  # the schema of dblink, where it is installed
    wrapper: str | None  # a foreign data wrapper, where there is one
    large_objects: bool  # whether they must be closed


def tries(unit: Unit, around: Around) -> Iterator[Try]:
    fill = _names(around)
    statements = dict(ESCAPES)
    statements |= LARGE_OBJECTS if around.large_objects else {}
    statements |= READ_ONLY if unit.read_only else {}
    statements |= {f"become {name}": f"SET ROLE {role}" for name, role in around.others.items()}
    statements |= _where_present(around)
    for role in around.strangers:
        yield Try(BEYOND, f"become {role}", f"SET ROLE {sql.Identifier(role).as_string()}")
    for what, statement in statements.items():
        yield _with_reached(Try(BEYOND, what, statement.format(**fill), after=_after(what)))
    for what, (statement, undo) in ALONE.items():
        yield _with_reached(Try(BEYOND, what, statement.format(**fill), alone=True, after=undo.format(**fill)))
    for what, statement in ALLOWED.items():
        yield Try(BEYOND, what, statement.format(**fill), may=True)


def _names(around: Around) -> dict[str, Any]:
    return {
        "owner": around.owner,
        "owner_text": "'" + around.owner.strip('"') + "'",
        "self": around.self,
        "other": next(iter(around.others.values())),
        "foreign": around.foreign,
        "database": around.database,
        "schema": around.schema,
        "victim": around.victim,
        "new": f"{NAME}00000000",
    }


def _where_present(around: Around) -> Iterator[tuple[str, str]]:
    if around.victim:
        yield "end another's query", "SELECT pg_cancel_backend({victim})"
        yield "end another's session", "SELECT pg_terminate_backend({victim})"
    if around.extension:
        yield "CREATE EXTENSION", f'CREATE EXTENSION "{around.extension}" SCHEMA public'
    if around.wrapper:
        yield "CREATE SERVER", f"CREATE SERVER {{new}} FOREIGN DATA WRAPPER {around.wrapper}"
    if around.dblink:  # without a password it must not let anybody be the owner
        address = "dbname={database} user={owner} host=127.0.0.1".replace('"', "")
        yield "dblink as the owner", f"SELECT {around.dblink}.dblink_connect('{{new}}', '{address}')"


def _after(what: str) -> str:
    return f"ROLLBACK PREPARED '{NAME}00000000'" if "prepared transaction" in what else ""


def _with_reached(attempt: Try) -> Try:
    states = next((states for what, states in _REACHED.items() if attempt.what.startswith(what)), ())
    return replace(attempt, reached=states)
