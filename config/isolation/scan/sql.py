"""Finding what a text of SQL writes: statements, CTEs, function bodies and SQL inside EXECUTE."""

from collections.abc import Iterator
from dataclasses import dataclass

from config.isolation.manifest import SCHEMAS
from config.isolation.scan.sql_reader import Reader
from config.isolation.scan.sql_reads import calls, select
from config.isolation.scan.sql_tokens import HOLE, Name, Token, tokens
from config.isolation.scan.sql_verbs import VERBS, Found

# A statement may begin behind these: in a CTE, behind it, behind EXPLAIN, in a function's body, in a rule.
_BEFORE_A_VERB = ("(", ")", "analyze", "verbose", "explain", "as", "begin", "then", "else", "loop", "atomic", "instead", "also")
_STARTS = (*VERBS, "with", "select", "explain", "do", "values", "prepare", "declare", "begin", "call", "execute", "table",
           "notify", "perform", "if", "for", "return", "elsif", "while", "end")  # fmt: skip
_CALLS_SQL = ("format", "dblink", "dblink_exec", "dblink_send_query")


@dataclass(frozen=True)
class Write:
    """One act. `verb` as written, `at` its place in the text; `name` None: of no single object."""

    rule: str
    verb: str
    at: int
    name: Name | None


def read(text: str, *, certain: bool) -> tuple[int, list[Write]]:
    """(number of statements, what they write). `certain`: the text is SQL and not perhaps prose."""
    count, found = 0, list[Write]()
    for statement in _statements(tokens(text)):
        if not _starts_like_sql(statement[0], certain):
            continue
        count += certain or statement[0].text.isupper()
        found += _of_statement(statement, certain)
    return count, found


def _statements(all_tokens: list[Token]) -> Iterator[list[Token]]:
    """Split at semicolons; leading holes (a comment, an EXPLAIN that may be there) are no part of a statement."""
    current: list[Token] = []
    for token in [*all_tokens, Token("other", ";", 0)]:
        if token.text == ";":
            if current:
                yield current
            current = []
        elif current or HOLE not in token.text:
            current.append(token)


def _starts_like_sql(token: Token, certain: bool) -> bool:
    if token.word == "(":
        return certain
    return token.word in _STARTS and (certain or token.text in (token.text.upper(), token.text.lower()))


def _of_statement(statement: list[Token], certain: bool) -> Iterator[Write]:
    for at, token in enumerate(statement):
        previous = statement[at - 1].word if at else "("
        if previous in _BEFORE_A_VERB and token.kind == "word":
            yield from _of_verb(statement, at, certain)
        if token.kind == "body" or (token.kind == "string" and _holds_sql(statement, at)):
            yield from _inside(token)
    for token, found in calls(statement):
        yield from _writes(token, found, certain)


def _of_verb(statement: list[Token], at: int, certain: bool) -> Iterator[Write]:
    token = statement[at]
    grammar = select if token.word == "select" else VERBS.get(token.word)
    if grammar:
        yield from _writes(token, grammar(Reader(statement, at, strict=not certain)), certain)


def _writes(token: Token, found: Found, certain: bool) -> Iterator[Write]:
    rule, names = found
    if rule != "sql" and not names:
        names_or_none: list[Name | None] = [None]
    else:
        names_or_none = list(names)
    for name in names_or_none:
        if certain or token.text.isupper() or _is_ours(name):
            yield Write(rule, token.text, token.start, name)


def _is_ours(name: Name | None) -> bool:
    """Small letters may be prose; a name with a schema of ours is not."""
    return name is not None and name.qualified and name.schema in SCHEMAS


def _holds_sql(statement: list[Token], at: int) -> bool:
    before = [token.word for token in statement[max(0, at - 2) : at]]
    if not before:
        return False
    in_call = len(before) == 2 and before[1] in ("(", ",") and any(t.word in _CALLS_SQL for t in statement[:at])
    return before[-1] in ("execute", "as") or in_call


def _inside(token: Token) -> Iterator[Write]:
    opening = token.text.index("$", 1) + 1 if token.kind == "body" else token.text.index("'") + 1
    inner = token.text[opening:-opening] if token.kind == "body" else token.text[opening:-1]
    for write in read(inner, certain=True)[1]:
        yield Write(write.rule, write.verb, write.at + token.start + opening, write.name)
