"""What each statement of SQL writes to. One small function a verb; it returns nothing for what only looks like one."""

from collections.abc import Callable

from config.isolation.scan.sql_reader import Reader
from config.isolation.scan.sql_tokens import Name

# (rule, names): "sql" changes rows or tables, "rights" who may do what, "session" who the connection is.
Found = tuple[str, list[Name]]
NOTHING: Found = ("sql", [])

_TABLE_LIKE = ("table", "view", "sequence", "function", "procedure", "routine", "aggregate", "type", "domain", "statistics")
_ON_A_TABLE = ("trigger", "policy", "rule")
_SERVER_WIDE = ("role", "user", "group", "extension", "database", "system", "publication", "subscription", "server")


def insert(r: Reader) -> Found:
    name = r.name() if r.take("insert", "into") else None
    r.alias()
    starts = ("(", "values", "select", "default", "with", "overriding", "table")
    return ("sql", [name]) if name and r.followed_by(*starts) else NOTHING


def update(r: Reader) -> Found:
    r.take("update")
    r.skip("only")
    name = r.name()
    r.skip("*")
    r.alias("set")
    if not name or not r.take("set") or not (r.word == "(" or r.ended or r.at_hole or r.name()):
        return NOTHING
    return ("sql", [name]) if r.followed_by("=", "(", "[") else NOTHING


def delete(r: Reader) -> Found:
    if not r.take("delete", "from"):
        return NOTHING
    r.skip("only")
    name = r.name()
    r.skip("*")
    r.alias("where", "using", "returning")
    return ("sql", [name]) if name and r.followed_by("where", "using", "returning") else NOTHING


def truncate(r: Reader) -> Found:
    r.take("truncate")
    r.skip("table", "only")
    names = r.names()
    return ("sql", names) if r.followed_by("restart", "continue", "cascade", "restrict") else NOTHING


def merge(r: Reader) -> Found:
    if not r.take("merge", "into"):
        return NOTHING
    r.skip("only")
    name = r.name()
    r.alias("using")
    return ("sql", [name]) if name and r.take("using") else NOTHING


def copy(r: Reader) -> Found:
    r.take("copy")
    name = r.name()
    r.parentheses()
    return ("sql", [name]) if name and r.take("from") else NOTHING


def lock(r: Reader) -> Found:
    r.take("lock")
    sure = r.skip("table", "only")
    names = r.names()
    return ("sql", names) if (sure or r.word == "in") and r.followed_by("in", "nowait") else NOTHING


def create(r: Reader) -> Found:
    r.take("create")
    r.take("or", "replace")
    if r.skip("temp", "temporary"):
        return NOTHING
    r.skip("unlogged", "unique", "materialized", "recursive", "constraint", "foreign", "global", "local", "event")
    kind = _kind(r)
    r.skip("concurrently")
    r.take("if", "not", "exists")
    if kind == "index":
        return _on_table(r)
    if kind in _ON_A_TABLE:
        return _on_table(r, "to" if kind == "rule" else "on")
    name = r.name()
    if kind == "schema":
        return ("sql", [_inside(name)]) if name and r.followed_by("authorization") else NOTHING
    if kind in _SERVER_WIDE:
        return ("rights", [name]) if name and r.followed_by("with", "login", "password", "schema", "in") else NOTHING
    follow = ("(", "as", "partition", "of", "with", "returns", "language", "start", "increment", "using", "inherits", "like")
    return ("sql", [name]) if kind in _TABLE_LIKE and name and r.followed_by(*follow) else NOTHING


def drop(r: Reader) -> Found:
    r.take("drop")
    if r.take("owned", "by"):
        return "rights", []
    r.skip("materialized", "foreign", "event")
    kind = _kind(r)
    r.skip("concurrently")
    r.take("if", "exists")
    if kind in _ON_A_TABLE:
        return _on_table(r)
    names = r.names()
    if not r.followed_by("cascade", "restrict"):
        return NOTHING
    if kind == "schema":
        return "sql", [_inside(name) for name in names]
    if kind in _SERVER_WIDE:
        return "rights", names
    return ("sql", names) if kind in (*_TABLE_LIKE, "index") else NOTHING


def alter(r: Reader) -> Found:
    r.take("alter")
    if r.take("default", "privileges"):
        return "rights", []
    r.skip("materialized", "foreign", "event")
    kind = _kind(r)
    r.take("if", "exists")
    r.skip("only")
    if kind in _ON_A_TABLE:
        return _on_table(r)
    name = r.name()
    r.parentheses()
    actions = ("add", "alter", "attach", "cluster", "detach", "disable", "drop", "enable", "owner", "rename", "reset", "set",
               "validate", "with", "login", "no", "force", "inherit", "restart", "replica", "nologin", "password")  # fmt: skip
    if kind in _SERVER_WIDE and (name or kind == "system"):
        return ("rights", [name] if name else []) if r.followed_by(*actions) else NOTHING
    if not name or not r.followed_by(*actions):
        return NOTHING
    target = _inside(name) if kind == "schema" else name
    moved = [_inside(into)] if r.take("set", "schema") and (into := r.name()) else []
    return ("sql", [target, *moved]) if kind in (*_TABLE_LIKE, "index", "schema") else NOTHING


def grant(r: Reader) -> Found:
    preposition = "to" if r.word == "grant" else "from"
    r.at += 1
    names = []
    if r.find("on"):
        r.skip("table", "sequence", "function", "procedure", "schema", "all", "tables", "in", "sequences", "functions")
        names = r.names()[:1]
    elif r.strict:
        return NOTHING
    return ("rights", names) if r.find(preposition) else NOTHING


def set_session(r: Reader) -> Found:
    r.at += 1
    if r.take("session", "authorization"):
        return "session", []
    r.skip("local", "session")
    if r.take("search_path") or r.take("schema"):
        return ("session", []) if r.followed_by("=", "to") else NOTHING
    return ("session", []) if r.take("role") and (r.name() or r.take("none")) and r.followed_by() else NOTHING


def reset_session(r: Reader) -> Found:
    r.take("reset")
    known = r.take("role") or r.take("session", "authorization") or r.take("search_path")
    return ("session", []) if known and r.followed_by() else NOTHING


def maintain(r: Reader) -> Found:
    """REFRESH MATERIALIZED VIEW, REINDEX, CLUSTER, COMMENT ON: the owner's work on an object."""
    verb = r.word
    r.at += 1
    r.skip("on")
    kind = r.skip("materialized", "view", "table", "index", "column", "function", "concurrently")
    name = r.name()
    if verb == "comment" and name and len(name.parts) > 2:
        name = Name(name.parts[:-1])  # of a column
    return ("sql", [name]) if kind and name and r.followed_by("is", "with", "using") else NOTHING


def _kind(r: Reader) -> str:
    kind = r.word
    r.at += 1
    return kind


def _on_table(r: Reader, preposition: str = "on") -> Found:
    if not r.find(preposition):
        return NOTHING
    r.skip("only")
    name = r.name()
    return ("sql", [name]) if name else NOTHING


def _inside(schema: Name) -> Name:
    return Name((schema.parts[-1], None))


VERBS: dict[str, Callable[[Reader], Found]] = {
    "insert": insert, "update": update, "delete": delete, "truncate": truncate, "merge": merge, "copy": copy, "lock": lock,
    "create": create, "drop": drop, "alter": alter, "grant": grant, "revoke": grant, "set": set_session,
    "reset": reset_session, "refresh": maintain, "reindex": maintain, "cluster": maintain, "comment": maintain,
}  # fmt: skip
