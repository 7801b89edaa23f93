"""Nothing undeclared: a model, command, task, address, host or Redis key that no unit owns fails the run.

Each check is also shown a planted example, so that it is known to be able to fail.
"""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand
from django.http import HttpResponse
from django.urls import get_resolver, include, path

from config.celery import app
from config.embedded import ensure
from config.isolation.manifest import UNITS
from config.isolation.scan.compartments import OURS
from config.isolation.scan.files import sources
from config.isolation.scan.source import PythonSource
from config.jobs import schedules
from config.jobs.command import UnitCommand
from servicetitan.models import Delivery
from tests import stray_keys
from tests.isolation import declared

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / ".env.example").read_text()
HOSTS = declared.declared_hosts(EXAMPLE)


@pytest.fixture(scope="module")
def code() -> list[PythonSource]:
    """Our own source without the sandboxes, which play the vendors."""
    read = [PythonSource(ROOT, path) for path in sources(ROOT) if path.suffix == ".py"]
    return [source for source in read if not source.is_sandbox]


def source(tmp_path: Path, text: str, place: str = "integrations/ghl/push.py") -> PythonSource:
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text(text)
    return PythonSource(tmp_path, tmp_path / place)


def stored_in(table: str) -> Any:
    return SimpleNamespace(_meta=SimpleNamespace(label="x.X", db_table=table))


# --- models ---


def test_every_model_is_owned() -> None:
    assert declared.unowned_models(apps.get_models(include_auto_created=True)) == []


def test_a_peoples_table_or_inbox_is_a_table_of_somebody() -> None:
    named = {name for unit in UNITS for name in (*unit.peoples_tables, *unit.inboxes)}
    known = {model._meta.db_table.replace('"', "") for model in apps.get_models()}
    assert named <= known


@pytest.mark.parametrize("table", ['"integrations"."hubspot_contacts"', '"hubspot"."contacts"', '"servicetitan"."customers"'])
def test_a_model_nobody_owns_is_named(table: str) -> None:
    [problem] = declared.unowned_models([stored_in(table)])
    assert table in problem


# --- commands ---


def test_every_command_of_ours_is_a_units_or_a_tool() -> None:
    ours = {name: load_command_class(app, name) for name, app in get_commands().items() if declared.is_ours(app)}
    assert declared.undeclared_commands(ours) == []
    assert declared.missing_workers(ours) == []


class Nobodys(BaseCommand):
    pass


class Strangers(UnitCommand):
    unit = "hubspot"


class Forgotten(UnitCommand):
    pass


@pytest.mark.parametrize("command", [Nobodys, Strangers, Forgotten])
def test_a_command_that_is_no_units_is_named(command: type[BaseCommand]) -> None:
    [problem] = declared.undeclared_commands({"sneak": command(), "sandbox": Nobodys()})
    assert "The command sneak" in problem


def test_a_worker_of_the_manifest_that_does_not_exist_is_named() -> None:
    assert declared.missing_workers(declared.WORKERS - {"scheduler"}) == [
        "The manifest runs units in scheduler, which is no command."
    ]


# --- tasks ---


def our_tasks() -> dict[str, Any]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not type(task).__module__.startswith("tests.")}


def test_every_task_is_a_units_and_has_its_deliveries() -> None:
    tasks = our_tasks()
    assert "servicetitan.sync" in tasks
    assert declared.undeclared_tasks(tasks) == []


def test_every_schedule_is_of_a_task_that_exists() -> None:
    assert [schedule.name for schedule in schedules.registered() if schedule.task not in our_tasks()] == []


TASKS = {
    "sync": Delivery,  # no unit in front
    "hubspot.sync": Delivery,  # a unit that is none
    "servicetitan.sync": None,  # nothing keeps count
    "ghl.push": Delivery,  # another unit's table
}


@pytest.mark.parametrize("name", TASKS)
def test_a_task_that_is_no_units_is_named(name: str) -> None:
    [problem] = declared.undeclared_tasks({name: SimpleNamespace(deliveries=TASKS[name]), "celery.chord": None})
    assert f"The task {name}:" in problem


# --- addresses of the site ---


def test_every_address_of_the_site_is_a_units() -> None:
    assert declared.undeclared_urls(get_resolver().url_patterns) == []


def test_the_longest_beginning_decides_whose_an_address_is() -> None:
    assert declared.url_owner("") == "backoffice"
    assert declared.url_owner("admin/servicetitan/customer/") == "backoffice"
    assert declared.url_owner("api/salesforce/status/") == "salesforce"


def answer(request: Any) -> HttpResponse:
    return HttpResponse()


@pytest.mark.parametrize("pattern", [path("hook/", answer), path("api/", include([path("hubspot/", answer)]))])
def test_an_address_that_is_no_units_is_named(pattern: Any) -> None:
    [problem] = declared.undeclared_urls([pattern, path("", answer), path("admin/x/", answer)])
    assert "is no unit's" in problem


# --- addresses outside ---


def test_every_setting_with_an_address_is_a_units_api() -> None:
    source = "\n".join((ROOT / "config" / name).read_text() for name in ("settings.py", "follow_ups.py"))
    assert declared.undeclared_addresses(source) == []


def test_every_api_of_the_manifest_has_its_setting() -> None:
    known = {name for name in dir(settings) if name.isupper()}
    assert declared.missing_settings(known, EXAMPLE) == []


def test_a_setting_that_is_no_units_api_is_named() -> None:
    planted = 'GHL_API_URL = ENV.base_url("GHL_API_URL", "")\nHUBSPOT_URL = ENV.base_url("HUBSPOT_URL", "")\n'
    [problem] = declared.undeclared_addresses(planted)
    assert "HUBSPOT_URL" in problem


def test_an_api_without_a_setting_or_an_explanation_is_named() -> None:
    problems = declared.missing_settings(declared.API_SETTINGS - {"GHL_API_URL"}, EXAMPLE.replace("TWILIO_API_URL", "#"))
    assert problems == ["The manifest names GHL_API_URL, which is no setting.", "TWILIO_API_URL is not in .env.example."]


def test_every_host_in_the_source_is_the_default_of_a_units_address(code: list[PythonSource]) -> None:
    assert [problem for one in code for problem in declared.undeclared_hosts(one, HOSTS)] == []


def test_no_page_calls_a_host_outside() -> None:
    pages = [path for top in OURS for end in ("html", "js", "css", "svg") for path in (ROOT / top).rglob(f"*.{end}")]
    assert len(pages) > 10
    assert [problem for page in pages for problem in declared.hosts_in_page(page, HOSTS)] == []


HOSTS_PLANTED = [
    'URL = "https://api.hubspot.com/v1"',
    'HOST = "api.hubspot.com"',
    'def url(id): return f"http://hooks.hubspot.com/{id}"',
    'URLS = {"a": ("x", "https://services.leadconnectorhq.com.evil.net")}',
]
NO_HOSTS = [
    '"""See https://api.hubspot.com/v1"""',
    "x = 1  # https://api.hubspot.com",
    'URL = "https://services.leadconnectorhq.com/contacts/"',
    'HINT = "such as https://hub.example.com, or http://127.0.0.1:8000"',
    'NAMES = ["config.jobs", "st_customers.name", "https://", "requests.app"]',
]


@pytest.mark.parametrize("text", HOSTS_PLANTED)
def test_a_host_that_is_no_units_is_named(tmp_path: Path, text: str) -> None:
    [problem] = declared.undeclared_hosts(source(tmp_path, f"\n{text}\n"), HOSTS)
    assert problem.startswith("integrations/ghl/push.py:2: ")


@pytest.mark.parametrize("text", NO_HOSTS)
def test_what_is_no_host_is_let_pass(tmp_path: Path, text: str) -> None:
    assert declared.undeclared_hosts(source(tmp_path, text), HOSTS) == []


def test_a_host_in_a_page_is_named(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<svg xmlns="http://www.w3.org/2000/svg"/><script src="https://cdn.example.org/x.js"></script>'
                    '<img src="https://pixel.tracker.com/p.png">')  # fmt: skip
    [problem] = declared.hosts_in_page(page, HOSTS)
    assert "pixel.tracker.com" in problem


# --- keys in Redis ---


def test_every_key_in_the_source_is_its_units(code: list[PythonSource]) -> None:
    assert [problem for one in code for problem in declared.undeclared_keys(one)] == []


KEYS_PLANTED = [
    'import redis\ndef f(client): client.set("servicetitan:x", 1)',
    'from config.isolation.redis.client import unit_redis\ndef f(id): return unit_redis("ghl").get(f"hubspot:tokens:{id}")',
    'import redis\nOPTIONS = {"key_prefix": "hub:"}',
]
NO_KEYS = [
    'import redis\ndef f(client, id): client.set(f"ghl:tokens:{id}", 1); client.get("switch:ghl")',
    'import redis\nURL, CSP, LABEL = "redis://127.0.0.1", "data:", "Error: no"',
    'KEY = "hubspot:x"',  # nothing to do with Redis
]


@pytest.mark.parametrize("text", KEYS_PLANTED)
def test_a_key_that_is_not_the_units_is_named(tmp_path: Path, text: str) -> None:
    [problem] = declared.undeclared_keys(source(tmp_path, text))
    assert "integrations/ghl/push.py:2: the key " in problem


@pytest.mark.parametrize("text", NO_KEYS)
def test_what_is_no_foreign_key_is_let_pass(tmp_path: Path, text: str) -> None:
    assert declared.undeclared_keys(source(tmp_path, text)) == []


@pytest.mark.parametrize("key", ["hubspot:x", "servicetitan", ":1:session:x", "unacked"])
def test_a_stray_key_is_told_from_a_units(key: str) -> None:
    assert stray_keys.stray([key, "ghl:tokens:1", "session:x", "celery:unacked", "switch:ghl"]) == [key]


def test_a_run_that_leaves_a_stray_key_fails_and_names_it(tmp_path: Path) -> None:
    """A run of its own, with a Redis database of its own on the suite's server."""
    if settings.EMBEDDED:
        ensure(settings.HUB_DATA_DIR)
    (tmp_path / "test_plant.py").write_text(
        "import redis\nfrom django.conf import settings\n\n"
        "def test_plant():\n    redis.Redis.from_url(settings.REDIS_URL).set('hubspot:x', 1)\n"
    )

    def run(*tests: str) -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {"PYTEST_XDIST_WORKER": "gw14", "DJANGO_SETTINGS_MODULE": "tests.settings"}
        arguments = ["-q", "-p", "tests.stray_keys", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-c", os.devnull]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *arguments, str(tmp_path), *tests],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    planted = run()
    assert planted.returncode == 1, planted.stdout + planted.stderr
    assert "1 passed" in planted.stdout
    assert "the run left the key 'hubspot:x' in Redis" in planted.stdout
    clean = run("--deselect", "test_plant.py::test_plant")
    assert "the run left the key" not in clean.stdout


def test_what_a_worker_of_xdist_found_reaches_the_run(pytestconfig: pytest.Config) -> None:
    config = SimpleNamespace(stash=pytest.Stash())
    node = SimpleNamespace(config=config, workeroutput={"stray_keys": ["hubspot:x"]})
    stray_keys.pytest_testnodedown(node, None)
    session: Any = SimpleNamespace(config=config, exitstatus=pytest.ExitCode.OK)
    config.option = SimpleNamespace(dist="load")
    stray_keys.pytest_sessionfinish(session)
    assert session.exitstatus == pytest.ExitCode.TESTS_FAILED
