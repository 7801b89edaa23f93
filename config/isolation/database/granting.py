"""A privilege, and the GRANT or REVOKE that adds or removes it."""

from collections.abc import Iterable
from typing import NamedTuple

from psycopg import sql

PUBLIC = "PUBLIC"
HANDED_ON = "GRANT OPTION FOR "  # before a right that its holder may give to others


class Target(NamedTuple):
    """What a privilege is on, and whose it is. `maker`: of "DEFAULT x", whose future objects if not the owner's."""

    kind: str
    object: str
    grantee: str
    maker: str = ""


def statement(target: Target, rights: Iterable[str], verb: str) -> sql.Composed:
    """The GRANT or REVOKE (`verb`) that adds or removes privileges on one object."""
    handed_on = [right.removeprefix(HANDED_ON) for right in rights if right.startswith(HANDED_ON)]
    plain = [right for right in rights if not right.startswith(HANDED_ON)]
    parts = (_statement(target, HANDED_ON, handed_on, verb), _statement(target, "", plain, verb))
    return sql.SQL("; ").join(part for part in parts if part)


def _statement(target: Target, option: str, rights: list[str], verb: str) -> sql.Composed | None:
    if not rights:
        return None
    beginning, on, column = _place(target)
    suffix = sql.SQL(" ({})").format(sql.Identifier(column)) if column else sql.SQL("")
    return sql.SQL("{}{} {}{} ON {} {} {}{}").format(
        beginning, sql.SQL(verb), sql.SQL(option),
        sql.SQL(", ").join(sql.SQL(right) + suffix for right in sorted(rights)), on,
        sql.SQL("TO" if verb == "GRANT" else "FROM"),
        sql.SQL(PUBLIC) if target.grantee == PUBLIC else sql.Identifier(target.grantee),
        sql.SQL(" CASCADE" if verb == "REVOKE" else ""),
    )  # fmt: skip


def _place(target: Target) -> tuple[sql.Composable, sql.Composable, str]:
    """How the statement begins, what follows ON, and the column, where it is one."""
    if target.kind.startswith("DEFAULT "):
        maker = sql.SQL(" FOR ROLE {}").format(sql.Identifier(target.maker)) if target.maker else sql.SQL("")
        schema = sql.SQL(" IN SCHEMA {}").format(sql.Identifier(target.object)) if target.object else sql.SQL("")
        beginning = sql.SQL("ALTER DEFAULT PRIVILEGES{}{} ").format(maker, schema)
        return beginning, sql.SQL(target.kind.removeprefix("DEFAULT ")), ""
    if target.kind == "COLUMN":
        name, table, column = target.object.split(".", 2)
        return sql.SQL(""), sql.SQL("TABLE {}").format(sql.Identifier(name, table)), column
    return sql.SQL(""), sql.SQL("{} {}").format(sql.SQL(target.kind), _object(target)), ""


def words(target: Target, rights: Iterable[str], verb: str) -> str:
    where = f"{target.kind.lower()} {target.object}".strip()
    whose = f" made by {target.maker}" if target.maker else ""
    return f"{verb.lower()} {', '.join(sorted(rights))} on {where}{whose}: {target.grantee}"


def _object(target: Target) -> sql.Composable:
    if target.kind in ("DATABASE", "SCHEMA"):
        return sql.Identifier(target.object)
    schema, _, name = target.object.partition(".")
    if target.kind == "FUNCTION":
        function, _, arguments = name.partition("(")
        return sql.SQL("{}({}").format(sql.Identifier(schema, function), sql.SQL(arguments))
    return sql.Identifier(schema, name)
