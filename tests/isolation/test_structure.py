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


# Who may name a module that can open a connection, and why. Exceptions and types of `requests` may be named by all.
NETWORK = {"urllib3", "http.client", "urllib.request", "httpx", "aiohttp", "socket", "ssl", "smtplib", "ftplib", "xmlrpc.client"}
NETWORK |= {"telnetlib", "imaplib", "poplib", "asyncio", "pycurl", "websocket", "websockets", "paramiko", "httplib2"}
NETWORK_USERS = {
    "config/isolation/egress/addresses.py": "makes the checked connections",
    "config/isolation/egress/deadline.py": "ends them",
    "config/isolation/egress/failures.py": "names their errors",
    "config/isolation/egress/guard.py": "watches all sockets",
    "config/embedded/plan.py": "tries which ports are free, by binding",
    "config/jobs/demo.py": "waits for its own servers, in a named opening",
    "config/jobs/lease.py": "asks for this machine's name",
    "config/jobs/sandbox.py": "tells our own sandbox, in a named opening, to let time pass",
    "config/monitoring/agent.py": "asks for this machine's name",
    "config/mail.py": "sends mail, in a named opening",
    "config/monitoring/alerts.py": "names its errors",
    "config/sandbox/loopback.py": "a server",
    "automation/messaging/channels/mail.py": "names its errors",
    "automation/sandbox/callbacks.py": "the emulated vendor, which calls back",
    "integrations/ghl/sandbox/webhooks/sender.py": "the emulated vendor, which calls back",
    "config/isolation/proof/process/child.py": "tries to get round the session, and must be stopped",
}
OPENING = ("Session", "session", "get", "post", "put", "patch", "delete", "head", "options", "request")
OPENS = {f"requests.{name}" for name in OPENING}


def _opens_with_requests(path: Path) -> bool:
    """Whether a file makes a session or a call with `requests`, or takes it or its adapters apart to do so."""
    tree = ast.parse(path.read_text())
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    bases = (base for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases)
    names = {ast.unparse(node) for node in (*calls, *bases)}
    taken = {module for _, module in imports(path) if module.startswith("requests.") and module != "requests.exceptions"}
    return bool(names & OPENS or taken)


def test_only_the_egress_session_is_built_on_requests() -> None:
    found = {str(path.relative_to(ROOT)) for top in TOPS for path in sources(top) if _opens_with_requests(path)}
    tries = {"config/isolation/proof/process/child.py"}  # and must be stopped
    assert found == {"config/isolation/egress/session.py", "config/isolation/egress/addresses.py"} | tries


def test_who_can_open_a_connection_is_known() -> None:
    """The guard sees them at run time; here each stands with its reason."""
    found = {
        str(path.relative_to(ROOT))
        for top in TOPS
        for path in sources(top)
        for _, module in imports(path)
        if any(module == name or module.startswith(f"{name}.") for name in NETWORK)
    }
    assert found == NETWORK_USERS.keys()


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
