"""Rule: Django's ORM writing another unit's rows."""

import ast

from config.isolation.scan.compartments import whose
from config.isolation.scan.reading import Reading
from config.isolation.scan.rows import Found
from config.isolation.scan.rule_sql import OWN_SCHEMA
from config.isolation.scan.scopes import Place

_CREATES = frozenset(["create", "bulk_create", "get_or_create", "update_or_create"])
_QUERY_WRITES = _CREATES | frozenset(
    ["bulk_update", "update", "delete", "_raw_delete", "_insert", "_update", "select_for_update"]
)
_ROW_WRITES = frozenset(["save", "delete", "save_base"])
_WRITES = {
    "model": _ROW_WRITES,
    "query": _QUERY_WRITES,
    "values": frozenset({"update", "delete"}),
    "row": _ROW_WRITES,
    "related": _CREATES | {"bulk_update", "save"},  # not update, add or remove: fields hold dictionaries and lists too
}


class OrmRule:
    LOOKS_AT = (ast.Call,)

    def __init__(self, reading: Reading) -> None:
        self._r = reading

    def look(self, node: ast.AST, place: Place) -> None:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return
        method = node.func.attr
        known = method if method in _QUERY_WRITES | _ROW_WRITES else method.removeprefix("a")
        if known not in _QUERY_WRITES | _ROW_WRITES:
            return
        found = self._r.rows.of(node.func.value, place)
        if found and known in _WRITES.get(found.what, ()):
            self._check(found, method, known in _CREATES, node.func.end_lineno or node.lineno)

    def _check(self, found: Found, method: str, insert: bool, line: int) -> None:
        model = found.model
        if self._r.home.may_write(model.schema, model.table, insert=insert):
            return
        where = f"{model.schema}.{model.table or model.label.rpartition('.')[2]}"
        act = "locks" if method == "select_for_update" else "writes"
        said = f"'{self._r.home.name}' {act} {where} (.{method}() of {model.label}), which {whose(model.schema, model.table)}."
        self._r.findings.add(line, "orm", where, said, OWN_SCHEMA)
