"""SQL in tokens, with holes where only the running program knows the text."""

import re
from dataclasses import dataclass

HOLE = "\0"

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<body>\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
  | (?P<string>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<word>[^\W\d][\w$\x00]*|\x00[\w$\x00]*)
  | (?P<number>\d[\w.]*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# What `.format`, `%` and PostgreSQL's own format() fill in, when nobody has filled it in yet.
_TEMPLATE = re.compile(r"\{\{|\}\}|\{[\w.\[\]]*(?:![rsa])?(?::[^{}]*)?\}|%%|%\(\w+\)[sbt]|%(?:\d\$)?[sbtIL]")


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int

    @property
    def word(self) -> str:
        """In small letters, as keywords are compared; '' for a quoted name."""
        return self.text.lower() if self.kind != "quoted" else ""


@dataclass(frozen=True)
class Name:
    """A name in SQL; a part that is only known when the program runs is None."""

    parts: tuple[str | None, ...]

    @property
    def qualified(self) -> bool:
        return len(self.parts) > 1

    @property
    def schema(self) -> str | None:
        """A bare name lies in `public`: no unit has a search path. None: nobody can tell."""
        if self.qualified:
            return self.parts[-2]
        return None if self.parts[-1] is None else "public"

    @property
    def table(self) -> str | None:
        return self.parts[-1]

    def __str__(self) -> str:
        return ".".join(part or "…" for part in self.parts)


def tokens(text: str, base: int = 0) -> list[Token]:
    """Without spaces and comments. `base` is added to each start."""
    blanked = _TEMPLATE.sub(_blank, text)
    return [
        Token(match.lastgroup or "other", match.group(), match.start() + base)
        for match in _TOKEN.finditer(blanked)
        if match.lastgroup != "space"
    ]


def _blank(match: re.Match[str]) -> str:
    """A hole as long as its placeholder, so that offsets stay true."""
    found = match.group()
    return found if found in ("{{", "}}", "%%") else HOLE * len(found)


def part(token: Token) -> str | None:
    if HOLE in token.text:
        return None
    return token.text[1:-1].replace('""', '"') if token.kind == "quoted" else token.text.lower()
