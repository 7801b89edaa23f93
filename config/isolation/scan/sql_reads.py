"""Statements that read, and yet write: SELECT INTO, row locks, sequences moved on, settings of the session."""

from collections.abc import Iterator

from config.isolation.manifest import SCHEMAS
from config.isolation.scan.sql_reader import Reader
from config.isolation.scan.sql_tokens import Name, Token, tokens
from config.isolation.scan.sql_verbs import Found

_SESSION_SETTINGS = ("search_path", "role", "session_authorization")


def select(r: Reader) -> Found:
    """SELECT ... INTO makes a table; SELECT ... FOR UPDATE needs the right to update."""
    start = r.at
    if r.find("into", "from") and r.tokens[r.at - 1].word == "into" and not r.skip("temp", "temporary"):
        r.skip("unlogged", "table")
        name = r.name()
        # PL/pgSQL puts a value into a variable with the same words: only a name with a schema of ours is a table for sure
        if name and name.qualified and name.schema in SCHEMAS and r.followed_by("from", ","):
            return "sql", [name]
    r.at = start
    return "sql", _locked(r)


def _locked(r: Reader) -> list[Name]:
    sources: dict[str, Name] = {}
    while r.find("from", "join", "for"):
        if r.tokens[r.at - 1].word == "for":
            r.take("no", "key")
            r.take("key")
            if r.skip("update", "share"):
                wanted = [str(name.table) for name in r.names()] if r.take("of") else list(sources)
                return [sources[name] for name in wanted if name in sources]
            continue
        _add_sources(r, sources)
    return []


def _add_sources(r: Reader, sources: dict[str, Name]) -> None:
    while name := _source(r):
        r.take("as")
        shown = r.name() if r.word not in ("join", "left", "right", "inner", "cross", "full", "natural", "for") else None
        sources[str((shown or name).table)] = name
        if not r.take(","):
            return


def _source(r: Reader) -> Name | None:
    r.skip("only", "lateral")
    name = r.name()
    return name if name and name.qualified and r.word != "(" else None


def calls(statement: list[Token]) -> Iterator[tuple[Token, Found]]:
    """Functions that move a sequence on or change who the session is, wherever they stand in a statement."""
    for function, parenthesis, argument in zip(statement, statement[1:], statement[2:], strict=False):
        if parenthesis.word != "(" or argument.kind != "string":
            continue
        value = argument.text.strip("'")
        if function.word in ("nextval", "setval"):
            name = Reader(tokens(value), 0, strict=False).name()
            yield function, ("sql", [name] if name else [])
        elif function.word == "set_config" and value.lower() in _SESSION_SETTINGS:
            yield function, ("session", [])
