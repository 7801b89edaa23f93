"""Rule: code that acts as another unit: its connection, its name, its modules fetched by a string."""

import ast

from config.isolation.scan import compartments
from config.isolation.scan.compartments import OURS, alias_owner
from config.isolation.scan.reading import Reading
from config.isolation.scan.scopes import Place

_OWN = "Use your own: connections[acting_unit().alias]."
_ACT = "A unit acts as itself; ask the other one with a task on its queue."
_ACTS = frozenset(["acting_as", "UnitSession", "unit_redis", "Seal", "TokenStore"])
_TAKES_ALIAS = frozenset(["using", "db_manager"])
_BY_NAME = frozenset(["import_module", "__import__", "get_model", "get_app_config"])


class ActorRule:
    LOOKS_AT = (ast.Call, ast.Subscript, ast.ImportFrom, ast.ClassDef)

    def __init__(self, reading: Reading) -> None:
        self._r = reading

    def look(self, node: ast.AST, place: Place) -> None:
        looks = {ast.Call: self._call, ast.Subscript: self._subscript, ast.ImportFrom: self._import, ast.ClassDef: self._class}
        if look := looks.get(type(node)):
            look(node, place)  # type: ignore[operator] # the type is the key

    def _call(self, node: ast.Call, place: Place) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0] if node.args else None
        for keyword in node.keywords:
            if keyword.arg in ("using", "alias") or (keyword.arg == "database" and name == "call_command"):
                self._alias(keyword.value, place, f"{keyword.arg}=", node)
        if first is not None and isinstance(node.func, ast.Attribute) and name in _TAKES_ALIAS:
            self._alias(first, place, f".{name}()", node)
        if name == "atomic":
            self._atomic(node, place)
        elif name in _ACTS and first is not None:
            self._acts(first, place, name, node.lineno)
        elif name in _BY_NAME and first is not None:
            self._fetched(first, place, name, node.lineno)
        elif name in ("task", "shared_task"):
            self._task(node, place)

    def _alias(self, value: ast.AST, place: Place, how: str, node: ast.Call | ast.Subscript) -> None:
        for alias in self._r.texts.words(value, place):
            owner = alias_owner(alias)
            if owner and not self._r.home.is_unit(owner):
                said = f"'{self._r.home.name}' uses the connection '{alias}' ({how}), which is the login of '{owner}'."
                self._r.findings.add(getattr(value, "lineno", node.lineno), "alias", alias, said, _OWN)

    def _atomic(self, node: ast.Call, place: Place) -> None:
        """Without an alias it is the back office's transaction: in another unit it would protect nothing."""
        if node.args:
            self._alias(node.args[0], place, "atomic()", node)
        elif not node.keywords and self._is_django(node.func, place) and not self._r.home.is_unit("backoffice"):
            said = f"'{self._r.home.name}' opens a transaction on the connection 'default', which is the back office's."
            self._r.findings.add(node.lineno, "alias", "default", said, "Write atomic(using=...) with your own alias.")

    def _is_django(self, func: ast.AST, place: Place) -> bool:
        return any(dotted.startswith("django.db.") for dotted in self._r.names.dotted(func, place))

    def _subscript(self, node: ast.Subscript, place: Place) -> None:
        if any(dotted.rpartition(".")[2] == "connections" for dotted in self._r.names.dotted(node.value, place)):
            self._alias(node.slice, place, "connections[...]", node)

    def _import(self, node: ast.ImportFrom, place: Place) -> None:
        if node.module == "django.db" and not self._r.home.is_unit("backoffice"):
            for alias in node.names:
                if alias.name == "connection":
                    said = f"'{self._r.home.name}' uses django.db.connection, which is the login of 'backoffice'."
                    self._r.findings.add(alias.lineno, "alias", "default", said, _OWN)

    def _acts(self, value: ast.AST, place: Place, how: str, line: int) -> None:
        units = self._r.texts.words(value, place)
        if isinstance(value, ast.Subscript):  # BY_NAME["ghl"]
            units = self._r.texts.words(value.slice, place)
        for unit in units:
            self._acts_as(unit, f"{how}(...)", line)

    def _acts_as(self, unit: str, how: str, line: int) -> None:
        if not self._r.home.is_unit(unit):
            self._r.findings.add(line, "actor", unit, f"'{self._r.home.name}' acts as '{unit}' with {how}.", _ACT)

    def _class(self, node: ast.ClassDef, place: Place) -> None:
        """`unit = "ghl"` of a command."""
        if not any(getattr(base, "id", getattr(base, "attr", "")).endswith("Command") for base in node.bases):
            return
        for statement in node.body:
            if isinstance(statement, ast.Assign) and [getattr(t, "id", "") for t in statement.targets] == ["unit"]:
                for unit in self._r.texts.words(statement.value, place):
                    self._acts_as(unit, f"the command {node.name}", statement.lineno)

    def _task(self, node: ast.Call, place: Place) -> None:
        """A task runs as the unit in front of its name."""
        for keyword in node.keywords:
            for name in self._r.texts.words(keyword.value, place) if keyword.arg == "name" else []:
                if "." in name and alias_owner(name.partition(".")[0]):
                    self._acts_as(name.partition(".")[0], f"the task {name}", keyword.value.lineno)

    def _fetched(self, value: ast.AST, place: Place, how: str, line: int) -> None:
        for name in self._r.texts.words(value, place):
            top = name.partition(".")[0]
            there = compartments.of_module(name)
            if top == "config" or top not in OURS or there is None or set(there.units) <= set(self._r.home.units):
                continue
            said = f"'{self._r.home.name}' fetches {name} by its name ({how}), past the rules for imports."
            self._r.findings.add(line, "import", name, said, "Import what the other unit publishes: its `models` or `feed`.")
