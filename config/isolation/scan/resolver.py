"""What an expression stands for: a dotted name, a text, a model, rows of it. Each answer comes from one of two helpers."""

import ast
from dataclasses import dataclass
from functools import cached_property

from config.isolation.scan import compartments
from config.isolation.scan.compartments import Compartment
from config.isolation.scan.scopes import Binding, Memory, Place, lookup
from config.isolation.scan.source import Project

DEEPEST = 10  # assignments followed one behind the other


@dataclass(frozen=True)
class Model:
    """A Django model, as far as the source tells. `table` None: its name is not to be found."""

    label: str
    home: Compartment
    schema: str
    table: str | None


class Names:
    """Dotted names behind expressions, and the models they are."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._memory: Memory[list[str]] = Memory(["<value>"])

    def dotted(self, node: ast.AST | None, place: Place) -> list[str]:
        """`st.Customer` under `from servicetitan import models as st` is "servicetitan.models.Customer"."""
        if place.depth > DEEPEST:
            return []
        if isinstance(node, ast.Name):
            return [name for binding in lookup(node.id, place) for name in self._of_binding(binding, place)] or [node.id]
        if isinstance(node, ast.Attribute):
            return [f"{base}.{node.attr}" for base in self.dotted(node.value, place)]
        if isinstance(node, ast.Call):
            return self._fetched(node, place)
        return []

    def _of_binding(self, binding: Binding, place: Place) -> list[str]:
        if binding.dotted:
            return [binding.dotted]
        if binding.how == "is" and isinstance(binding.value, ast.Name | ast.Attribute | ast.Call):
            return self._memory.of(binding, lambda: self.dotted(binding.value, place.deeper(binding)))
        return ["<value>"]  # something of this file: no module has that name

    def _fetched(self, call: ast.Call, place: Place) -> list[str]:
        """Modules and models asked for by name."""
        asked = self.dotted(call.func, place)[:1]
        asked_name = asked[0].rpartition(".")[2] if asked else ""
        if asked_name == "get_user_model":
            return ["django.contrib.auth.models.User"]
        strings = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if asked_name in ("import_module", "__import__") and strings:
            return strings[:1]
        if asked_name == "getattr" and strings and call.args:
            return [f"{base}.{strings[0]}" for base in self.dotted(call.args[0], place)]
        if asked_name == "get_model" and strings:
            label, _, name = ".".join(strings[:2]).partition(".")
            return [f"{_app_module(label)}.models.{name}"]
        return []

    def model(self, dotted: str) -> Model | None:
        """The model a dotted name leads to. Of another unit's classes those in its `models` are taken for models."""
        home = self.project.home(dotted)
        compartment = compartments.of_module(home)
        module, _, name = home.rpartition(".")
        if compartment is None or not name[:1].isupper():
            return None
        table = self._tables.get(home) or self._by_name.get((module.partition(".")[0], name.lower()))
        if table:
            return Model(dotted, compartment, *table)
        if "models" not in module.split(".") or not compartment.schemas:
            return None
        return Model(dotted, compartment, compartment.schemas[0], None)

    @cached_property
    def _tables(self) -> dict[str, tuple[str, str]]:
        return dict(self.project.tables())

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], tuple[str, str]]:
        """For `apps.get_model`: (top folder, small model name) -> table."""
        found = {}
        for dotted, table in self._tables.items():
            found[dotted.partition(".")[0], dotted.rpartition(".")[2].lower()] = table
        return found


def _app_module(label: str) -> str:
    if label in compartments.OURS:
        return label
    known = {"django_celery_beat": "django_celery_beat", "axes": "axes"}
    return known.get(label, f"django.contrib.{label}")
