"""Texts as the program will put them together, with a hole for each part that only the running program knows."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import product

from config.isolation.manifest import BY_NAME
from config.isolation.scan.resolver import DEEPEST, Names
from config.isolation.scan.rows import Rows
from config.isolation.scan.scopes import Binding, Memory, Place, attribute, lookup
from config.isolation.scan.sql_tokens import HOLE

Piece = tuple[str, ast.AST | None]  # some text and the literal it was written in
Text = tuple[Piece, ...]

UNKNOWN: Text = ((HOLE, None),)
_MOST = 8  # ways one text may read
_FIELD = re.compile(r"\{(\w*)(?:[.\[][^{}]*)?(?:![rsa])?(?::[^{}]*)?\}")
_PERCENT = re.compile(r"%(?:\((\w+)\))?[sdr]")
_AS_IT_IS = {"SQL", "RawSQL", "RunSQL", "dedent", "cleandoc", "str", "escape", "gettext", "Path"}
_SAME = {"strip", "lstrip", "rstrip", "as_string", "removesuffix", "removeprefix"}


def plain(text: Text) -> str:
    return "".join(piece for piece, _ in text)


class Texts:
    """`of` gives every way an expression may read; nothing for what is no text."""

    def __init__(self, names: Names, rows: Rows) -> None:
        self._names = names
        self._rows = rows
        self._memory: Memory[list[Text]] = Memory([])

    def of(self, node: ast.AST | None, place: Place) -> list[Text]:
        if node is None or place.depth > DEEPEST:
            return []
        way: Callable[[ast.AST, Place], list[Text]] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        return way(node, place)[:_MOST] if way else []

    def words(self, node: ast.AST | None, place: Place) -> list[str]:
        """The readings without holes: names of units, connections, modules."""
        return [word for word in map(plain, self.of(node, place)) if HOLE not in word]

    def _or_hole(self, node: ast.AST | None, place: Place) -> list[Text]:
        return self.of(node, place) or [UNKNOWN]

    def _constant(self, node: ast.Constant, place: Place) -> list[Text]:
        return [((node.value, node),)] if isinstance(node.value, str) else []

    def _joinedstr(self, node: ast.JoinedStr, place: Place) -> list[Text]:
        parts: list[list[Text]] = []
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                parts.append(self._or_hole(value.value, place))
            elif isinstance(value, ast.Constant):
                parts.append([((str(value.value), node),)])
        return _together(parts)

    def _binop(self, node: ast.BinOp, place: Place) -> list[Text]:
        left = self.of(node.left, place)
        if isinstance(node.op, ast.Add):
            right = self.of(node.right, place)
            return _together([left or [UNKNOWN], right or [UNKNOWN]]) if left or right else []
        if not isinstance(node.op, ast.Mod) or not left:
            return []
        if isinstance(node.right, ast.Dict):
            pairs = zip(node.right.keys, node.right.values, strict=True)
            return self._filled(left, _PERCENT, [], {str(getattr(k, "value", "")): self._or_hole(v, place) for k, v in pairs})
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return self._filled(left, _PERCENT, [self._or_hole(value, place) for value in values], {})

    def _call(self, node: ast.Call, place: Place) -> list[Text]:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _AS_IT_IS or name == "quote_name":
            return self.of(node.args[0], place) if node.args else []
        if name in ("Identifier", "qualified"):
            quoted = [self._or_hole(argument, place) for argument in node.args]
            return _together(_between(quoted, [((".", None),)]))
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func, place)
        return []

    def _method(self, node: ast.Call, func: ast.Attribute, place: Place) -> list[Text]:
        base = self.of(func.value, place)
        if not base:
            return []
        if func.attr == "format":
            keyed = {k.arg: self._or_hole(k.value, place) for k in node.keywords if k.arg}
            return self._filled(base, _FIELD, [self._or_hole(argument, place) for argument in node.args], keyed)
        if func.attr == "join" and node.args and isinstance(node.args[0], ast.Tuple | ast.List):
            return _together(_between([self._or_hole(element, place) for element in node.args[0].elts], base))
        return base if func.attr in _SAME else []

    def _filled(
        self, templates: list[Text], field: re.Pattern[str], values: Sequence[list[Text]], keyed: dict[str, list[Text]]
    ) -> list[Text]:
        found: list[Text] = []
        for template in templates:
            rest = list(values)
            found += _together([part for piece in template for part in _fill(piece, field, rest, keyed)])
        return found

    def _name(self, node: ast.Name, place: Place) -> list[Text]:
        return self._of_bindings(lookup(node.id, place), place)

    def _of_bindings(self, bindings: list[Binding], place: Place) -> list[Text]:
        found: list[Text] = []
        for binding in sorted(bindings, key=lambda b: b.at):
            if binding.how == "added" and found:
                found = _together([found, self._or_hole(binding.value, place.deeper(binding))])
            else:
                found += self._of_binding(binding, place)
        return found

    def _of_binding(self, binding: Binding, place: Place) -> list[Text]:
        return self._memory.of(binding, lambda: self._follow(binding, place))

    def _follow(self, binding: Binding, place: Place) -> list[Text]:
        inner = place.deeper(binding)
        if binding.how == "import":
            return self._imported(binding.dotted, place)
        if binding.how == "is" and binding.index is None:
            return self.of(binding.value, inner)
        if binding.how in ("is", "element"):
            elements = _elements(binding.value) if binding.how == "element" else [binding.value]
            picked = [_picked(element, binding.index) for element in elements]
            return [text for element in picked for text in self.of(element, inner)]
        return []

    def _imported(self, dotted: str, place: Place) -> list[Text]:
        if (known := self._names.project.known_text(dotted)) is not None:
            return [((known, None),)]
        binding = self._names.project.binding(dotted)
        return self._of_binding(binding, place) if binding else []

    def _attribute(self, node: ast.Attribute, place: Place) -> list[Text]:
        if node.attr in ("db_table", "alias"):
            return self._of_meaning(node, place)
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            return self._of_bindings(attribute(node.attr, place), place)
        inside = [b for b in (lookup(node.value.id, place) if isinstance(node.value, ast.Name) else []) if b.how == "class"]
        if inside:
            return self._of_bindings([b for c in inside for b in c.scope.names.get(node.attr, [])], place)
        return [text for dotted in self._names.dotted(node, place) for text in self._imported(dotted, place)]

    def _of_meaning(self, node: ast.Attribute, place: Place) -> list[Text]:
        """`Customer._meta.db_table` and `BY_NAME["ghl"].alias` are texts as well."""
        value = node.value
        if node.attr == "db_table" and isinstance(value, ast.Attribute) and value.attr == "_meta":
            rows = self._rows.of(value.value, place)
            return [((f'"{rows.model.schema}".{rows.model.table or HOLE}', None),)] if rows else []
        if node.attr == "alias" and isinstance(value, ast.Subscript):
            return [((BY_NAME[unit].alias, None),) for unit in self.words(value.slice, place) if unit in BY_NAME]
        return []

    def _subscript(self, node: ast.Subscript, place: Place) -> list[Text]:
        """A value of a dictionary that is written out."""
        wanted = node.slice.value if isinstance(node.slice, ast.Constant) else None
        found: list[Text] = []
        for binding in lookup(node.value.id, place) if isinstance(node.value, ast.Name) else []:
            if isinstance(binding.value, ast.Dict) and binding.how == "is":
                for key, value in zip(binding.value.keys, binding.value.values, strict=True):
                    if wanted is None or getattr(key, "value", None) == wanted:
                        found += self.of(value, place.deeper(binding))
        return found

    def _ifexp(self, node: ast.IfExp, place: Place) -> list[Text]:
        return self.of(node.body, place) + self.of(node.orelse, place)

    def _boolop(self, node: ast.BoolOp, place: Place) -> list[Text]:
        return [text for value in node.values for text in self.of(value, place)]

    def _namedexpr(self, node: ast.NamedExpr, place: Place) -> list[Text]:
        return self.of(node.value, place)


def _together(parts: Sequence[list[Text]]) -> list[Text]:
    """Every way to put one reading of each part behind the other."""
    ways = product(*[part[:_MOST] for part in parts])
    return [tuple(piece for text in way for piece in text) for way, _ in zip(ways, range(_MOST), strict=False)]


def _between(parts: list[list[Text]], separator: list[Text]) -> list[list[Text]]:
    return [item for part in parts for item in (separator, part)][1:]


def _fill(piece: Piece, field: re.Pattern[str], values: list[list[Text]], keyed: dict[str, list[Text]]) -> Iterator[list[Text]]:
    """The piece cut at its placeholders, with what stands in their place. `values` are used up by the nameless ones."""
    text, node = piece
    end = 0
    for match in field.finditer(text):
        yield [((text[end : match.start()], node),)]
        end = match.end()
        name = match.group(1) or ""
        if name.isdigit():
            yield values[int(name)] if int(name) < len(values) else [UNKNOWN]
        elif name:
            yield keyed.get(name, [UNKNOWN])
        else:
            yield values.pop(0) if values else [UNKNOWN]
    yield [((text[end:], node),)]


def _elements(node: ast.AST | None) -> list[ast.AST | None]:
    return list(node.elts) if isinstance(node, ast.Tuple | ast.List | ast.Set) else []


def _picked(node: ast.AST | None, index: int | None) -> ast.AST | None:
    if index is None:
        return node
    elements = _elements(node)
    return elements[index] if index < len(elements) else None
