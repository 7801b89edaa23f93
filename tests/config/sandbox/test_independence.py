"""The emulators stand on their own: standard library and msgspec, nothing of the hub."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import config.sandbox
import integrations.ghl.sandbox
import salesforce.sandbox
import servicetitan.sandbox

PACKAGES = (config.sandbox, servicetitan.sandbox, integrations.ghl.sandbox, salesforce.sandbox)
FOLDERS = [Path(package.__file__ or "").parent for package in PACKAGES]
FILES = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]
ROOT = FOLDERS[0].parents[1]
ALLOWED = {"msgspec", "_typeshed", "typing_extensions"}  # the last two for types only
SPECIAL = {
    "integrations/ghl/sandbox/webhooks/signing.py": {"cryptography"},
    "salesforce/sandbox/oauth/assertions.py": {"cryptography"},
}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""


def package_of(path: Path) -> str:
    """The sandbox a file belongs to, dotted."""
    parts = path.relative_to(ROOT).parts
    return ".".join(parts[: parts.index("sandbox") + 1])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_sandbox_imports_itself_and_what_all_share(path: Path) -> None:
    names = set(imported(path))
    own = {name for name in names if f"{name}.".startswith((f"{package_of(path)}.", "config.sandbox."))}
    tops = {name.partition(".")[0] for name in names - own}
    assert tops <= sys.stdlib_module_names | ALLOWED | SPECIAL.get(str(path.relative_to(ROOT)), set())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_sizes(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 300
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name
