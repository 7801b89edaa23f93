"""One walk through a file: scopes with their names, and the nodes the rules look at, each with its place."""

import ast
from collections.abc import Callable, Iterator

from config.isolation.scan.scopes import Binding, Path, Place, Scope

LOOKED_AT = (ast.Call, ast.Constant, ast.JoinedStr, ast.BinOp, ast.Subscript, ast.ClassDef, ast.Import, ast.ImportFrom)
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_LEAVES = (ast.Name, ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop, ast.Pass)
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.Match, ast.ExceptHandler)


class Binder:
    """`found`: the nodes worth a look, outermost first. `prose`: docstrings and other strings that stand alone."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module = module
        self._named = module.removesuffix(".__init__")
        self.top = Scope("module", None)
        self.found: list[tuple[ast.AST, Place]] = []
        self.prose: list[ast.Constant] = []
        self._binds: dict[type[ast.AST], Callable[..., None]] = {
            getattr(ast, name): getattr(self, f"_bind_{name.lower()}")
            for name in ("Assign", "AnnAssign", "NamedExpr", "AugAssign", "For", "AsyncFor", "ListComp", "SetComp", "DictComp",
                         "GeneratorExp", "withitem", "Import", "ImportFrom")
        }  # fmt: skip
        self._body(tree.body, self.top, ())

    def _body(self, body: list[ast.stmt], scope: Scope, path: Path) -> None:
        for statement in body:
            self._visit(statement, scope, path)

    def _visit(self, node: ast.AST, scope: Scope, path: Path) -> None:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            self.prose.append(node.value)
            return
        if isinstance(node, LOOKED_AT):
            self.found.append((node, Place(scope, path, _at(node))))
        if isinstance(node, ast.Constant):
            return
        if bind := self._binds.get(type(node)):
            bind(node, scope, path)
        if isinstance(node, _Function | ast.ClassDef):
            self._enter(node, scope, path)
            return
        for child, inner in _children(node, path):
            if not (isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)):  # part of the f-string's own text
                self._visit(child, scope, inner)

    def _enter(self, node: ast.AST, scope: Scope, path: Path) -> None:
        """A class or function: decorators, defaults and bases belong to the outside, the body to a scope of its own."""
        kind = "class" if isinstance(node, ast.ClassDef) else "function"
        inner = Scope(kind, scope, owner=scope if kind == "function" and scope.kind == "class" else None)
        if isinstance(node, _Function):
            self._parameters(node.args, inner)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            self.bind(scope, node.name, Binding(kind, node, inner, path, _at(node), dotted=f"{self._named}.{node.name}"))
        for child in ast.iter_child_nodes(node):
            inside = child in getattr(node, "body", ()) if not isinstance(node, ast.Lambda) else child is node.body
            self._visit(child, inner if inside else scope, () if inside else path)

    def _parameters(self, arguments: ast.arguments, inner: Scope) -> None:
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if argument is not None:
                self.bind(inner, argument.arg, Binding("parameter", argument.annotation, inner, (), (0, 0)))

    def bind(self, scope: Scope, name: str, binding: Binding) -> None:
        scope.add(name, binding)

    def _target(self, target: ast.AST, binding: Binding, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            self.bind(scope, target.id, binding)
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
            owner = _owner(scope)
            if owner:
                self.bind(owner, f"self.{target.attr}", binding)
        elif isinstance(target, ast.Tuple | ast.List):
            for index, element in enumerate(target.elts):
                self._target(element, Binding(binding.how, binding.value, scope, binding.path, binding.at, index), scope)

    def _bind_assign(self, node: ast.Assign, scope: Scope, path: Path) -> None:
        for target in node.targets:
            self._target(target, Binding("is", node.value, scope, path, _at(node)), scope)

    def _bind_annassign(self, node: ast.AnnAssign, scope: Scope, path: Path) -> None:
        how, value = ("is", node.value) if node.value else ("parameter", node.annotation)
        self._target(node.target, Binding(how, value, scope, path, _at(node)), scope)

    def _bind_namedexpr(self, node: ast.NamedExpr, scope: Scope, path: Path) -> None:
        self._target(node.target, Binding("is", node.value, scope, path, _at(node)), scope)

    def _bind_augassign(self, node: ast.AugAssign, scope: Scope, path: Path) -> None:
        if isinstance(node.op, ast.Add):
            self._target(node.target, Binding("added", node.value, scope, path, _at(node)), scope)

    def _bind_for(self, node: ast.For | ast.AsyncFor, scope: Scope, path: Path) -> None:
        inside = (*path, id(node), 0)
        self._target(node.target, Binding("element", node.iter, scope, inside, _at(node)), scope)

    _bind_asyncfor = _bind_for

    def _bind_listcomp(self, node: ast.ListComp, scope: Scope, path: Path) -> None:
        for generator in node.generators:  # bound before its own start: the element is written first
            self._target(generator.target, Binding("element", generator.iter, scope, path, _before(node)), scope)

    _bind_setcomp = _bind_dictcomp = _bind_generatorexp = _bind_listcomp

    def _bind_withitem(self, node: ast.withitem, scope: Scope, path: Path) -> None:
        if node.optional_vars is not None:
            self._target(node.optional_vars, Binding("unknown", node.context_expr, scope, path, _at(node.context_expr)), scope)

    def _bind_import(self, node: ast.Import, scope: Scope, path: Path) -> None:
        for alias in node.names:
            name, dotted = (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
            self.bind(scope, name, Binding("import", None, scope, path, _at(node), dotted=dotted))

    def _bind_importfrom(self, node: ast.ImportFrom, scope: Scope, path: Path) -> None:
        package = ".".join(self.module.split(".")[: -node.level]) if node.level else ""
        origin = ".".join(filter(None, (package, node.module)))
        for alias in node.names:
            dotted = f"{origin}.{alias.name}"
            self.bind(scope, alias.asname or alias.name, Binding("import", None, scope, path, _at(node), dotted=dotted))


def _children(node: ast.AST, path: Path) -> Iterator[tuple[ast.AST, Path]]:
    """The parts of a node; those that may not run at all get a longer path."""
    is_block = isinstance(node, _BLOCKS)
    for name in node._fields:
        inner = path
        if is_block and name in ("body", "orelse", "handlers", "cases"):
            inner = (*path, id(node), 0 if name == "body" else 1)
        value = getattr(node, name, None)
        for child in value if type(value) is list else (value,):
            if isinstance(child, ast.AST) and not isinstance(child, _LEAVES):
                yield child, (*inner, id(child)) if isinstance(child, ast.match_case) else inner


def _owner(scope: Scope | None) -> Scope | None:
    while scope is not None and scope.owner is None:
        scope = scope.parent
    return scope.owner if scope else None


def _at(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _before(node: ast.AST) -> tuple[int, int]:
    line, column = _at(node)
    return line, column - 1
