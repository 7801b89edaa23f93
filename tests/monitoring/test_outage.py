"""The agent outside, as in production: its servers are taken away, and it tells."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from config.embedded import plan, status, stop

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow
EVERY_S = 1.0


class Hook:
    """A webhook that keeps what it is told."""

    def __init__(self) -> None:
        self.words: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.words.append((body["event"], body["incident"]["cause"]))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


def until(true: Callable[[], bool], seconds: float, why: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, why
        time.sleep(0.05)


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.server.shutdown()
    made.server.server_close()


def pid(folder: Path, name: str) -> int:
    found = next(server.pid for server in status(folder) if server.name == name)
    assert found is not None
    return found


def test_servers_that_are_away_are_told(hook: Hook, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("outage") / "hub"
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    trial = kept | {"HUB_DATA_DIR": str(folder), "HUB_ENV_FILE": os.devnull, "HUB_ENV": "development"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=trial, check=True, capture_output=True)
    servers = plan(folder)
    given = trial | {
        "DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url, "HUB_SECRET_KEY": servers.secret_key,
        "MONITOR_WEBHOOK_URL": hook.url, "HUB_TOLERATED_HOLES": "large-objects",
    }  # fmt: skip
    command = [sys.executable, "manage.py", "st_monitoring_agent", "--every", str(EVERY_S)]
    agent = subprocess.Popen(command, cwd=ROOT, env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        until(lambda: ("raised", "scheduler") in hook.words, 40, f"no scheduler runs here: {hook.words}")
        hook.words.clear()

        os.kill(pid(folder, "redis"), signal.SIGSTOP)  # it hangs, which is worse than being gone
        until(lambda: ("moved", "redis") in hook.words or ("raised", "redis") in hook.words, 30, f"redis: {hook.words}")
        os.kill(pid(folder, "redis"), signal.SIGCONT)
        until(lambda: ("recovered", "redis") in hook.words, 30, f"redis again: {hook.words}")

        hook.words.clear()
        os.kill(pid(folder, "postgres"), signal.SIGINT)
        until(lambda: ("raised", "postgres") in hook.words, 30, f"postgres: {hook.words}")
        assert [word for word in hook.words if word[0] == "raised" and word[1] not in ("postgres", "scheduler")] == []
        assert agent.poll() is None
    finally:
        agent.terminate()
        said, _ = agent.communicate(timeout=30)
        stop(folder)
    assert agent.returncode == 0, said
