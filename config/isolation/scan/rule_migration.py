"""Rule: migrations run as the owner, whom no grant stops: here the source is the only fence."""

import ast

from config.isolation.names import split
from config.isolation.scan.compartments import whose
from config.isolation.scan.reading import Reading
from config.isolation.scan.scopes import Place
from config.isolation.scan.sql_tokens import HOLE
from config.isolation.scan.texts import plain

_NAME_IT = "Write `db_table = qualified(schema, table)` in the model, with a table's name that the manifest gives your unit."


class MigrationRule:
    LOOKS_AT = (ast.Call, ast.ClassDef)

    def __init__(self, reading: Reading) -> None:
        self._r = reading
        self._schema = next(iter(reading.home.schemas), "public")

    def look(self, node: ast.AST, place: Place) -> None:
        if not self._r.source.is_migration:
            return
        if isinstance(node, ast.Call):
            self._operation(node, place)
        elif isinstance(node, ast.ClassDef) and node.name == "Migration" and self._is_first(node):
            self._first(node)

    def _operation(self, node: ast.Call, place: Place) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if name == "CreateModel":
            named = given.get("name") or next(iter(node.args), None)
            model = next(iter(self._r.texts.words(named, place)), "?")
            options = given.get("options") or (node.args[2] if len(node.args) > 2 else None)
            self._create(model, _entries(options), place, node.lineno)
        elif name == "AlterModelTable":
            table = given.get("table") or (node.args[1] if len(node.args) > 1 else None)
            self._table("AlterModelTable", table, place, node.lineno)

    def _create(self, model: str, options: dict[str, ast.AST], place: Place, line: int) -> None:
        if getattr(options.get("proxy"), "value", False):  # no table of its own
            return
        if "db_table" in options:
            self._table(model, options["db_table"], place, line)
        elif self._schema != "public":
            said = f"The model {model} of '{self._r.home.name}' names no table: it would lie in schema public."
            self._r.findings.add(line, "migration", f"public.{model}", said, _NAME_IT)

    def _table(self, model: str, value: ast.AST | None, place: Place, line: int) -> None:
        for text in map(plain, self._r.texts.of(value, place)):
            schema, table = split(text)
            if HOLE in schema or self._r.home.may_write(schema, None if HOLE in table else table):
                continue
            said = f"{model} of '{self._r.home.name}' is stored in {schema}.{table}, which {whose(schema, table)}."
            self._r.findings.add(getattr(value, "lineno", line), "migration", f"{schema}.{table}", said, _NAME_IT)

    def _is_first(self, node: ast.ClassDef) -> bool:
        named = [s for s in node.body if isinstance(s, ast.Assign) and getattr(s.targets[0], "id", "") == "initial"]
        return bool(named) or self._r.source.place.name.startswith("0001")

    def _first(self, node: ast.ClassDef) -> None:
        operations = next(
            (s.value for s in node.body if isinstance(s, ast.Assign) and getattr(s.targets[0], "id", "") == "operations"), None
        )
        first = operations.elts[0] if isinstance(operations, ast.List) and operations.elts else None
        if self._schema == "public" or first is None or self._creates_schema(first):
            return
        said = f"The first migration of '{self._r.home.name}' does not begin with its schema."
        instead = f'Begin `operations` with create_schema("{self._schema}") of config/database/operations.py.'
        self._r.findings.add(node.lineno, "migration", self._schema, said, instead)

    def _creates_schema(self, node: ast.AST) -> bool:
        strings = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "create_schema":
            return self._schema in strings
        return any("create schema" in text.lower() and self._schema in text for text in strings)


def _entries(node: ast.AST | None) -> dict[str, ast.AST]:
    if not isinstance(node, ast.Dict):
        return {}
    return {str(getattr(key, "value", "")): value for key, value in zip(node.keys, node.values, strict=True)}
