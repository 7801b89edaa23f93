"""What a command loads and checks before it works: what the short runs of every two minutes need, and no more."""

import subprocess
import sys

from django.core.checks.registry import registry

from config.checks import SETTINGS
from tests.config.test_settings import ROOT

OURS = ("config", "servicetitan", "integrations", "salesforce", "automation")
PAGES = "config.backoffice"  # the check of the admin's pages: loads them
LOADED = """
import sys, django
django.setup()
import servicetitan.sync.run
print(*(name for name in sys.modules if name.endswith(".admin") or ".admin." in name))
"""


def test_every_check_of_settings_is_asked_by_every_command() -> None:
    forgotten = [
        f"{check.__module__}.{check.__qualname__}"  # type: ignore[attr-defined] # they are functions
        for check in registry.get_checks(include_deployment_checks=True)
        if check.__module__.startswith(OURS) and not check.__module__.startswith(PAGES) and SETTINGS not in check.tags
    ]
    assert not forgotten


def test_workers_do_not_load_the_back_office() -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "HUB_ENV": "development", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not {name for name in loaded if name.startswith(OURS)}, loaded
