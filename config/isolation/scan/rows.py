"""Following Django's ORM: which model an expression is, queries, or rows of."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace

from config.isolation.scan.resolver import DEEPEST, Model, Names
from config.isolation.scan.scopes import Binding, Memory, Place, attribute, lookup


@dataclass(frozen=True)
class Found:
    """`what`: the "model" itself, a "query" over it, "values" (a query of plain values), a "row", "rows" in a list,
    a "pair" of a row and a flag, or what is "related" to a row: other rows, or only a field's value.
    """

    what: str
    model: Model

    def as_(self, what: str) -> "Found":
        return replace(self, what=what)


_ROW = frozenset(["get", "first", "last", "earliest", "latest", "create", "aget", "afirst", "alast", "acreate"])
_PAIR = frozenset(["get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"])
_NEITHER = frozenset(
    [
        "count",
        "exists",
        "aggregate",
        "explain",
        "acount",
        "aexists",
        "aaggregate",
        "delete",
        "adelete",
        "update",
        "aupdate",
        "contains",
    ]
)
_STILL_RELATED = frozenset(["all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "using", "distinct"])
_SAME_ROWS = frozenset(["list", "tuple", "iter", "reversed", "sorted", "set"])
_OF_MANY = frozenset(
    ["list", "tuple", "set", "frozenset", "Iterable", "Iterator", "Sequence", "Collection", "Generator", "AsyncIterator", "deque"]
)


class Rows:
    def __init__(self, names: Names) -> None:
        self._names = names
        self._memory: Memory[Found | None] = Memory(None)

    def of(self, node: ast.AST | None, place: Place) -> Found | None:
        if node is None or place.depth > DEEPEST:
            return None
        way: Callable[[ast.AST, Place], Found | None] | None = getattr(self, f"_{type(node).__name__.lower()}", None)
        return way(node, place) if way else None

    def _first(self, node: ast.AST, place: Place) -> Found | None:
        found = (self._names.model(dotted) for dotted in self._names.dotted(node, place))
        return next((Found("model", model) for model in found if model), None)

    def _name(self, node: ast.Name, place: Place) -> Found | None:
        bindings = lookup(node.id, place)
        return next((found for b in bindings if (found := self._of_binding(b, place))), None) or self._first(node, place)

    def _of_binding(self, binding: Binding, place: Place) -> Found | None:
        return self._memory.of(binding, lambda: self._follow(binding, place))

    def _follow(self, binding: Binding, place: Place) -> Found | None:
        inner = place.deeper(binding)
        if binding.how == "parameter":
            return self._annotated(binding.value, inner)
        if binding.how not in ("is", "element"):
            return None
        found = self.of(binding.value, inner)
        if found and binding.how == "element":
            return found.as_("row") if found.what in ("query", "rows") and binding.index is None else None
        if found and binding.index is not None:
            return found.as_("row") if found.what == "pair" and binding.index == 0 else None
        return found

    def _annotated(self, node: ast.AST | None, place: Place) -> Found | None:
        """What a parameter is said to be."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self._annotated(_parsed(node.value), place)
        if isinstance(node, ast.BinOp):
            return self._annotated(node.left, place) or self._annotated(node.right, place)
        if isinstance(node, ast.Subscript):
            return self._of_generic(node, place)
        found = self._first(node, place) if isinstance(node, ast.Name | ast.Attribute) else None
        return found.as_("row") if found else None

    def _of_generic(self, node: ast.Subscript, place: Place) -> Found | None:
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
        found = self._annotated(inner, place)
        if not found:
            return None
        if name.endswith(("QuerySet", "Manager")):
            return found.as_("query")
        if name in _OF_MANY:
            return found.as_("rows")
        return {"type": found.as_("model"), "Optional": found}.get(name)

    def _attribute(self, node: ast.Attribute, place: Place) -> Found | None:
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            bindings = attribute(node.attr, place)
            return next((found for b in bindings if (found := self._of_binding(b, place))), None)
        if model := self._first(node, place):
            return model
        base = self.of(node.value, place)
        if not base:
            return None
        if base.what == "model":
            return base.as_("query") if node.attr.islower() and node.attr != "_meta" else None
        if node.attr == "model" and base.what == "query":
            return base.as_("model")
        return base.as_("related") if base.what == "row" and not node.attr.startswith("_") else None

    def _call(self, node: ast.Call, place: Place) -> Found | None:
        if fetched := self._first(node, place):  # apps.get_model(...)
            return fetched
        if isinstance(node.func, ast.Attribute) and (base := self.of(node.func.value, place)):
            return self._method(base, node.func.attr)
        made = self.of(node.func, place)
        if made and made.what == "model":
            return made.as_("row")
        return self._of_function(node, place)

    def _of_function(self, node: ast.Call, place: Place) -> Found | None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        argument = self.of(node.args[0], place) if node.args else None
        if argument is None:
            return None
        if name in _SAME_ROWS:
            return argument.as_("rows") if argument.what in ("query", "rows") else None
        if name in ("next", "get_object_or_404", "aget_object_or_404", "copy", "deepcopy"):
            return argument.as_("row") if argument.what in ("query", "rows", "model", "row") else None
        if name == "get_list_or_404":
            return argument.as_("rows")
        return argument.as_("model") if name == "type" and argument.what == "row" else None

    def _method(self, base: Found, name: str) -> Found | None:
        if base.what == "related":
            return base.as_("query") if name in _STILL_RELATED else None
        if base.what not in ("query", "values") or name in _NEITHER:
            return None
        if name in ("values", "values_list", "dates", "datetimes"):
            return base.as_("values")
        if base.what == "values":
            return base if name not in (*_ROW, "iterator", "in_bulk") else None
        if name in _ROW:
            return base.as_("row")
        if name in _PAIR:
            return base.as_("pair")
        return base.as_("rows") if name in ("iterator", "aiterator", "bulk_create") else base

    def _subscript(self, node: ast.Subscript, place: Place) -> Found | None:
        base = self.of(node.value, place)
        if not base or base.what not in ("query", "rows", "pair"):
            return None
        return base if isinstance(node.slice, ast.Slice) else base.as_("row")

    def _binop(self, node: ast.BinOp, place: Place) -> Found | None:
        return self.of(node.left, place)

    def _ifexp(self, node: ast.IfExp, place: Place) -> Found | None:
        return self.of(node.body, place) or self.of(node.orelse, place)

    def _boolop(self, node: ast.BoolOp, place: Place) -> Found | None:
        return next((found for value in node.values if (found := self.of(value, place))), None)

    def _namedexpr(self, node: ast.NamedExpr, place: Place) -> Found | None:
        return self.of(node.value, place)

    def _await(self, node: ast.Await, place: Place) -> Found | None:
        return self.of(node.value, place)


def _parsed(text: str) -> ast.AST | None:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
