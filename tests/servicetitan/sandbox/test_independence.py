"""The emulator stands on its own: standard library and msgspec, gunicorn for the service, nothing of the hub."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import servicetitan.sandbox

FOLDER = Path(servicetitan.sandbox.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))
ALLOWED = {"msgspec", "_typeshed"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_imports(path: Path) -> None:
    own = {name for name in imported(path) if name.startswith("servicetitan.sandbox")}
    tops = {name.partition(".")[0] for name in set(imported(path)) - own}
    assert tops <= sys.stdlib_module_names | ALLOWED | ({"gunicorn"} if path.name == "server.py" else set())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_sizes(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 300
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name
