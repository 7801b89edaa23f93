"""A place in a list of tokens, and the few steps a grammar takes from it."""

from config.isolation.scan.sql_tokens import HOLE, Name, Token, part

_RESERVED = frozenset(
    [
        "and",
        "as",
        "by",
        "check",
        "default",
        "do",
        "else",
        "end",
        "for",
        "from",
        "group",
        "having",
        "if",
        "in",
        "into",
        "join",
        "limit",
        "not",
        "null",
        "on",
        "only",
        "or",
        "order",
        "returning",
        "select",
        "set",
        "table",
        "then",
        "to",
        "union",
        "using",
        "values",
        "when",
        "where",
        "with",
    ]
)


class Reader:
    """`strict`: the text may be prose, so what follows a name has to look like SQL as well."""

    def __init__(self, tokens: list[Token], at: int, *, strict: bool) -> None:
        self.tokens = tokens
        self.at = at
        self.strict = strict

    @property
    def word(self) -> str:
        return self.tokens[self.at].word if self.at < len(self.tokens) else ""

    @property
    def ended(self) -> bool:
        return self.at >= len(self.tokens)

    @property
    def at_hole(self) -> bool:
        return not self.ended and HOLE in self.tokens[self.at].text

    def take(self, *words: str) -> bool:
        """Step over `words` if they stand here one after the other."""
        here = [token.word for token in self.tokens[self.at : self.at + len(words)]]
        if here != list(words):
            return False
        self.at += len(words)
        return True

    def skip(self, *words: str) -> bool:
        """Step over any of `words`, as long as there are some; whether there were."""
        start = self.at
        while self.word in words:
            self.at += 1
        return self.at > start

    def name(self) -> Name | None:
        """Step over a name, with its schema if it has one."""
        parts: list[str | None] = []
        while not self.ended and self.tokens[self.at].kind in ("word", "quoted"):
            if not parts and self.word in _RESERVED:
                return None
            parts.append(part(self.tokens[self.at]))
            self.at += 1
            if self.word != ".":
                break
            self.at += 1
        return Name(tuple(parts)) if parts else None

    def names(self) -> list[Name]:
        """Names with commas in between."""
        found: list[Name] = []
        while name := self.name():
            found.append(name)
            self.skip("*")
            self.parentheses()
            if not self.take(","):
                break
            self.skip("only")
        return found

    def alias(self, *followers: str) -> None:
        """Step over `AS x`, or over a bare alias that one of `followers` follows."""
        if self.take("as") or (self.at + 1 < len(self.tokens) and self.tokens[self.at + 1].word in followers):
            self.name()

    def parentheses(self) -> None:
        """Step over (...), if they open here."""
        if self.word != "(":
            return
        depth = 0
        while not self.ended:
            depth += {"(": 1, ")": -1}.get(self.word, 0)
            self.at += 1
            if depth == 0:
                return

    def find(self, *words: str) -> bool:
        """Step over the next one of `words` outside parentheses; stay here if there is none."""
        start, depth = self.at, 0
        while not self.ended and depth >= 0:
            if depth == 0 and self.word in words:
                self.at += 1
                return True
            depth += {"(": 1, ")": -1}.get(self.word, 0)
            self.at += 1
        self.at = start
        return False

    def followed_by(self, *words: str) -> bool:
        """Whether the statement ends here, or goes on with one of `words` or with a hole. Always true where SQL is certain."""
        return not self.strict or self.ended or self.at_hole or self.word in (*words, ")", ";")
