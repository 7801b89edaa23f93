"""The part of Liquid that templates may use, and its limits: made for authors whom nobody has to trust."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, wraps
from typing import Any, ClassVar, NoReturn

from liquid import BoundTemplate, Environment, Mode, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions.primitive import Blank, Empty, RangeLiteral
from liquid.exceptions import LiquidError, LiquidSyntaxError, OutputStreamLimitError
from liquid.expression import Expression
from liquid.undefined import Undefined

SPOKEN = ("if", "unless", "case", "comment")
TAGS = frozenset((*SPOKEN, "content", "output", "illegal"))
FILTERS = frozenset((
    "default", "upcase", "downcase", "capitalize", "strip", "truncate", "truncatewords", "replace", "remove", "append", "prepend",
))  # fmt: skip
LONGEST = 10_000  # characters of a text
MOST = 300  # of {{ and {%: Liquid's reading takes the square of what is not closed
# Looking for something in a long range takes minutes; and what is missing is not equal to "blank", which people would expect.
_REFUSED: dict[type[Expression], str] = {
    RangeLiteral: "a range such as (1..9) is no text",
    Blank: "blank is not known: write {% if customer.city %} to ask whether there is one",
    Empty: "empty is not known: write {% if customer.city %} to ask whether there is one",
}


class Absent(Exception):
    """A template names what this record does not have. Not one of Liquid's own errors, which it would take for its own."""


class _Missing(Undefined):
    """Tested it is false, and `default` takes its place; written it is refused."""

    def __str__(self) -> NoReturn:
        """Liquid's hint has the whole path, the name only its beginning."""
        raise Absent((self.hint or str(self.name)).removesuffix(" is undefined").strip("'"))

    __html__ = __str__


class _Language(Environment):
    output_stream_limit: ClassVar[int | None] = LONGEST
    loop_iteration_limit: ClassVar[int | None] = 100
    context_depth_limit: ClassVar[int] = 10
    local_namespace_limit: ClassVar[int | None] = LONGEST


def _made() -> Environment:
    language: Any = _Language(undefined=_Missing, tolerance=Mode.STRICT, strict_filters=True)
    language.tags = {name: tag for name, tag in language.tags.items() if name in TAGS}
    language.filters = {name: _bounded(call) for name, call in language.filters.items() if name in FILTERS}
    made: Environment = language
    return made


def _bounded(call: Callable[..., Any]) -> Callable[..., Any]:
    """Liquid's limits look at what is written, not at what filters make on the way: ten times `replace` is ten powers."""

    @wraps(call)
    def bounded(*values: Any, **named: Any) -> Any:
        result = call(*values, **named)
        if isinstance(result, str) and len(result) > LONGEST:
            raise OutputStreamLimitError(f"the text gets longer than {LONGEST:,} characters", token=None)
        return result

    return bounded


LANGUAGE = _made()


@lru_cache(maxsize=200)
def parsed(source: str) -> BoundTemplate:
    """Raises LiquidError. Rendering changes nothing in it: it is read once, for all who get it."""
    if source.count("{{") + source.count("{%") > MOST:
        raise LiquidSyntaxError(f"there are more than {MOST} of {{{{ and {{%", token=None)
    template = LANGUAGE.parse(source)
    for expression in _expressions(template.nodes, RenderContext(template)):
        if (why := _REFUSED.get(type(expression))) is not None:
            raise LiquidSyntaxError(why, token=getattr(expression, "token", None))
    return template


def _expressions(nodes: Iterable[Node], context: RenderContext) -> Iterator[Expression]:
    for node in nodes:
        for expression in node.expressions():
            yield from _within(expression)
        yield from _expressions(node.children(context, include_partials=False), context)


def _within(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in expression.children():
        yield from _within(child)


def said(error: Exception) -> str:
    """Liquid's own words, without the excerpt around them."""
    words = str(error.message) if isinstance(error, LiquidError) else ""
    if not words or words.startswith("unexpected liquid"):
        return "this is not understood: it is nested too deeply, or its numbers are too large"
    return f"{words}. There are: {', '.join(SPOKEN)}" if words.startswith("unexpected tag") else words


def place(source: str, error: Exception) -> str:
    """Where it went wrong; nothing where Liquid does not say."""
    token = error.token if isinstance(error, LiquidError) else None
    return "" if token is None or token.start_index < 0 else at(source, token.start_index)


def at(source: str, index: int) -> str:
    before = source[: max(0, index)]
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"
