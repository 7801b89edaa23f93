"""A file of the project, and all of them together: who a dotted name is, wherever it was imported from."""

import ast
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from config.isolation import manifest
from config.isolation.names import split
from config.isolation.scan import compartments
from config.isolation.scan.binder import Binder
from config.isolation.scan.compartments import Compartment
from config.isolation.scan.scopes import Binding


class Source:
    """One file. `name`: its path from the project's root, as findings show it."""

    def __init__(self, root: Path, path: Path) -> None:
        self.path = path
        self.place = PurePosixPath(path.relative_to(root).as_posix())
        self.name = str(self.place)
        self.text = path.read_text(encoding="utf-8", errors="replace")

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def compartment(self) -> Compartment:
        return compartments.of_folder(self.place.parent)

    @cached_property
    def is_sandbox(self) -> bool:
        return "sandbox" in self.place.with_suffix("").parts

    @cached_property
    def is_migration(self) -> bool:
        return self.place.parent.name == "migrations"

    @cached_property
    def module(self) -> str:
        parts = self.place.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class PythonSource(Source):
    def __init__(self, root: Path, path: Path) -> None:
        super().__init__(root, path)
        self.tree = ast.parse(self.text, filename=self.name)
        package = f"{self.module}.__init__" if path.name == "__init__.py" else self.module
        self.binder = Binder(package, self.tree)


class Project:
    """Every file that was read, by its module's name."""

    def __init__(self, sources: list[PythonSource]) -> None:
        self._modules = {source.module: source for source in sources}

    def binding(self, dotted: str, depth: int = 0) -> Binding | None:
        """The class or value a dotted name leads to, through re-exports; None for what lies outside the project."""
        module, _, name = dotted.rpartition(".")
        source = self._modules.get(module)
        found = source.binder.top.names.get(name) if source else None
        if not found or depth > 8:
            return None
        last = found[-1]
        return self.binding(last.dotted, depth + 1) if last.how == "import" else last

    def home(self, dotted: str, depth: int = 0) -> str:
        """Where a dotted name is really defined."""
        module, _, name = dotted.rpartition(".")
        source = self._modules.get(module)
        found = source.binder.top.names.get(name) if source else None
        if not found or depth > 8 or found[-1].how != "import":
            return dotted
        return self.home(found[-1].dotted, depth + 1)

    def tables(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """(dotted class, (schema, table)) of every model that names its table with a literal."""
        for module, source in self._modules.items():
            for name, bindings in source.binder.top.names.items():
                meta = bindings[-1].scope.names.get("Meta", []) if bindings[-1].how == "class" else []
                for binding in meta[-1].scope.names.get("db_table", []) if meta else []:
                    if table := _table(binding.value):
                        yield f"{module}.{name}", table

    def known_text(self, dotted: str) -> str | None:
        """A constant of the manifest, which need not be among the files."""
        module, _, name = dotted.rpartition(".")
        value = getattr(manifest, name, None) if module == manifest.__name__ else None
        return value if isinstance(value, str) else None


def _table(node: ast.AST | None) -> tuple[str, str] | None:
    """Of `"st_x"`, of a quoted literal with its schema, or of `qualified("servicetitan", "st_x")`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return split(node.value)
    if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "qualified":
        values = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        return (str(values[0]), str(values[1])) if len(values) == 2 else None
    return None
