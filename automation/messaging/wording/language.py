"""The part of Liquid that templates may use, and its limits: made for authors whom nobody has to trust."""

from typing import Any, ClassVar, NoReturn

from liquid import Environment, Mode
from liquid.exceptions import LiquidError
from liquid.undefined import Undefined

TAGS = frozenset(("if", "unless", "case", "comment", "content", "output", "illegal"))
FILTERS = frozenset((
    "default", "upcase", "downcase", "capitalize", "strip", "truncate", "truncatewords", "replace", "remove", "append", "prepend",
))  # fmt: skip
LONGEST = 10_000  # characters of a text


class Absent(Exception):
    """A template names what this record does not have. Not one of Liquid's own errors, which it would take for its own."""


class _Missing(Undefined):
    """Tested it is false, and `default` takes its place; written it is refused."""

    def __str__(self) -> NoReturn:
        """Liquid's hint has the whole path, the name only its beginning."""
        raise Absent((self.hint or str(self.name)).removesuffix(" is undefined"))

    __html__ = __str__


class _Language(Environment):
    output_stream_limit: ClassVar[int | None] = LONGEST
    loop_iteration_limit: ClassVar[int | None] = 100
    context_depth_limit: ClassVar[int] = 10
    local_namespace_limit: ClassVar[int | None] = LONGEST


def _made() -> Environment:
    language: Any = _Language(undefined=_Missing, tolerance=Mode.STRICT, strict_filters=True)
    language.tags = {name: tag for name, tag in language.tags.items() if name in TAGS}
    language.filters = {name: call for name, call in language.filters.items() if name in FILTERS}
    made: Environment = language
    return made


LANGUAGE = _made()
__all__ = ["LANGUAGE", "LONGEST", "Absent", "LiquidError"]
