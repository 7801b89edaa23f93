"""Fence 1 and the house rules: who may import whom.

Read from the source, function-level imports included; `apps.get_model` counts as an import.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOPS = ("config", "servicetitan", "integrations", "salesforce", "automation")
# Per top folder, what it may import of the others; units publish `models` and `feed`.
ALLOWED = {
    "config": (),
    "servicetitan": ("config",),
    "integrations": ("config", "servicetitan.models", "servicetitan.feed"),
    "salesforce": ("config", "servicetitan.models", "servicetitan.feed"),
    "automation": ("config", "servicetitan.models", "servicetitan.feed", "integrations.models"),
}


def sources(top: str) -> Iterator[Path]:
    return (path for path in (ROOT / top).rglob("*.py") if "migrations" not in path.parts)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of everything a file imports, models fetched by name included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("get_model", "import_module") and node.args:
            argument = node.args[0]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield node.lineno, f"{argument.value}."


def allowed(top: str, module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in (top, *ALLOWED[top]))


@pytest.mark.parametrize("top", TOPS)
def test_each_part_imports_only_what_it_may(top: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sources(top)
        for line, module in imports(path)
        if module.partition(".")[0] in TOPS and not allowed(top, module)
    ]
    assert wrong == []


def test_only_the_egress_session_is_built_on_requests() -> None:
    """Exceptions and types of `requests` may be named; a session, or a call, is made in one place."""
    found = set()
    for top in TOPS:
        for path in sources(top):
            if "sandbox" in path.parts:
                continue
            tree = ast.parse(path.read_text())
            calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
            bases = (base for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases)
            names = {ast.unparse(node) for node in (*calls, *bases)}
            opened = names & {f"requests.{name}" for name in ("Session", "get", "post", "put", "patch", "delete", "request")}
            modules = {module.partition(".")[0] for _, module in imports(path)} & {"urllib3", "httpx", "aiohttp"}
            if opened or modules or {"urllib.request", "http.client"} & {module for _, module in imports(path)}:
                found.add(str(path.relative_to(ROOT)))
    assert found == {"config/isolation/egress/session.py"}


@pytest.mark.parametrize("top", TOPS)
def test_files_stay_small(top: str) -> None:
    """A file above 300 lines is a question nobody has asked yet."""
    assert [str(path) for path in sources(top) if len(path.read_text().splitlines()) > 300] == []


@pytest.mark.parametrize("top", [*TOPS, "tests"])
def test_nothing_is_imported_inside_a_function(top: str) -> None:
    wrong = []
    for path in (ROOT / top).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                inner = [child for child in ast.walk(node) if isinstance(child, ast.Import | ast.ImportFrom)]
                wrong += [f"{path.relative_to(ROOT)}:{child.lineno}" for child in inner]
    assert wrong == []
