"""The part of SOQL the sandbox reads; anything beyond is MALFORMED_QUERY.

SELECT count() | path, ... FROM object [WHERE condition] [ORDER BY path [ASC|DESC] [NULLS FIRST|LAST], ...]
[LIMIT n] [OFFSET n], with conditions of = != <> < <= > >= LIKE IN NOT IN, AND, OR, NOT and brackets.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from salesforce.sandbox.api.errors import Rejection, rejection

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<moment>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d))?)
    |(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w.]*)|(?P<sign><=|>=|!=|<>|[=<>(),]))""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_RESERVED = {"from", "where", "and", "or", "not", "in", "like", "order", "by", "limit", "offset", "group", "having", "select"}
_SIGNS = {"=", "!=", "<>", "<", "<=", ">", ">="}


class Token(NamedTuple):
    kind: str
    text: str
    at: int


class Literal(NamedTuple):
    kind: str  # text, moment, number, or word: true, false, null
    value: str


@dataclass(frozen=True)
class Compare:
    path: Token
    sign: str  # = != < <= > >= like in "not in"
    values: tuple[Literal, ...]


@dataclass(frozen=True)
class Both:
    """AND, or OR."""

    word: str
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    part: "Condition"


Condition = Compare | Both | Not


class Order(NamedTuple):
    path: Token
    down: bool
    nulls_first: bool


@dataclass(frozen=True)
class Select:
    query: str
    paths: tuple[Token, ...]  # none: count()
    sobject: Token
    where: Condition | None
    orders: tuple[Order, ...]
    limit: int | None
    offset: int


def complaint(code: str, query: str, at: int, message: str) -> Rejection:
    """In the vendor's form: the query, an arrow below the place, the place in words."""
    return rejection(code, f"\n{query}\n{' ' * at}^\nERROR at Row:1:Column:{at + 1}\n{message}")


def parse(query: str) -> Select:
    return _Parser(query).select()


class _Parser:
    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = list(self._read())
        self._place = 0

    def _read(self) -> list[Token]:
        tokens, at = [], 0
        while at < len(self._query.rstrip()):
            found = _TOKEN.match(self._query, at)
            if found is None:
                at += len(self._query[at:]) - len(self._query[at:].lstrip())
                raise self._wrong(Token("sign", self._query[at], at))
            kind = str(found.lastgroup)
            tokens.append(Token(kind, found[kind], found.start(kind)))
            at = found.end()
        return [*tokens, Token("end", "<EOF>", len(self._query))]

    def _wrong(self, token: Token) -> Rejection:
        return complaint("MALFORMED_QUERY", self._query, token.at, f"unexpected token: '{token.text}'")

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._tokens[self._place]
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def _is(self, *words: str) -> bool:
        return self._next.kind in {"name", "sign"} and self._next.text.lower() in words

    def _skip(self, *words: str) -> bool:
        """Whether the next token was one of these; it is taken then."""
        found = self._is(*words)
        if found:
            self._take()
        return found

    def _expect(self, word: str) -> None:
        if not self._skip(word):
            raise self._wrong(self._next)

    def _name(self) -> Token:
        if self._next.kind != "name" or self._next.text.lower() in _RESERVED:
            raise self._wrong(self._next)
        return self._take()

    def select(self) -> Select:
        self._expect("select")
        paths = self._paths()
        self._expect("from")
        sobject = self._name()
        where = self._either() if self._skip("where") else None
        orders = self._orders()
        limit = self._number() if self._skip("limit") else None
        offset = self._number() if self._skip("offset") else 0
        if self._next.kind != "end":
            raise self._wrong(self._next)
        return Select(self._query, paths, sobject, where, orders, limit, offset)

    def _paths(self) -> tuple[Token, ...]:
        first = self._name()
        if first.text.lower() == "count" and self._skip("("):
            self._expect(")")
            return ()
        paths = [first]
        while self._skip(","):
            paths.append(self._name())
        return tuple(paths)

    def _either(self) -> Condition:
        return self._chain("or", self._every)

    def _every(self) -> Condition:
        return self._chain("and", self._single)

    def _chain(self, word: str, part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self._skip(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Both(word, tuple(parts))

    def _single(self) -> Condition:
        if self._skip("not"):
            return Not(self._single())
        if self._skip("("):
            inner = self._either()
            self._expect(")")
            return inner
        path = self._name()
        return Compare(path, *self._comparison())

    def _comparison(self) -> tuple[str, tuple[Literal, ...]]:
        if self._next.text in _SIGNS:
            sign = self._take().text
            return ("!=" if sign == "<>" else sign), (self._literal(),)
        if self._skip("like"):
            return "like", (self._literal(),)
        negated = self._skip("not")
        self._expect("in")
        return ("not in" if negated else "in"), self._list()

    def _list(self) -> tuple[Literal, ...]:
        self._expect("(")
        values = [self._literal()]
        while self._skip(","):
            values.append(self._literal())
        self._expect(")")
        return tuple(values)

    def _literal(self) -> Literal:
        token = self._take()
        if token.kind == "text":
            inner = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), token.text[1:-1])
            return Literal("text", inner)
        if token.kind in {"moment", "number"}:
            return Literal(token.kind, token.text)
        if token.text.lower() in {"true", "false", "null"}:
            return Literal("word", token.text.lower())
        raise self._wrong(token)

    def _orders(self) -> tuple[Order, ...]:
        if not self._skip("order"):
            return ()
        self._expect("by")
        orders = [self._order()]
        while self._skip(","):
            orders.append(self._order())
        return tuple(orders)

    def _order(self) -> Order:
        path = self._name()
        down = self._is("desc")
        self._skip("asc", "desc")
        nulls_first = not down
        if self._skip("nulls"):
            nulls_first = self._is("first")
            if not self._skip("first", "last"):
                raise self._wrong(self._next)
        return Order(path, down, nulls_first)

    def _number(self) -> int:
        token = self._take()
        if token.kind != "number" or not token.text.isdecimal():
            raise self._wrong(token)
        return int(token.text)
