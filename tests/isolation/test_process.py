"""Fence 6: a process of a unit acts as no other, and holds nobody else's credentials."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from config.isolation import process
from config.isolation.actor import acting_as, acting_unit
from config.isolation.errors import IsolationViolation
from config.isolation.manifest import BY_NAME, UNITS, Unit
from config.jobs.tasks import UnitTask

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "SERVICETITAN_CLIENT_SECRET": "servicetitans own", "GHL_API_TOKEN": "ghls own", "SALESFORCE_CLIENT_SECRET": "salesforces own",
    "TWILIO_AUTH_TOKEN": "automations own", "DATABASE_URL": "postgres://owner:sesame@db/hub", "HUB_SECRET_KEY": "the master",
}  # fmt: skip
OWNERS = {"ghl": "GHL_API_TOKEN", "servicetitan": "SERVICETITAN_CLIENT_SECRET", "salesforce": "SALESFORCE_CLIENT_SECRET",
          "automation": "TWILIO_AUTH_TOKEN"}  # fmt: skip


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_environment_holds_the_units_credentials_alone(unit: Unit) -> None:
    found = process.environment_for([unit], os.environ | SECRETS)
    own = {OWNERS[unit.name]} if unit.name in OWNERS else set()
    assert {name for name in SECRETS if name in found} == own
    text = json.dumps(found)
    for other in UNITS:
        assert (str(django_settings.DATABASES[other.alias]["PASSWORD"]) in text) == (other == unit)
    assert "sesame" not in text and "the master" not in text


def test_everybody_may_know_which_units_are_switched_off() -> None:
    found = process.environment_for([BY_NAME["ghl"]], os.environ | {"SALESFORCE_SYNC_ENABLED": "false"})
    assert found["SALESFORCE_SYNC_ENABLED"] == "false"


def test_only_the_web_process_can_sign_sessions() -> None:
    web = process.environment_for(process.units_of("api_server"))
    assert web["HUB_SIGNING_KEY"] == django_settings.SECRET_KEY
    assert process.environment_for([BY_NAME["ghl"]])["HUB_SIGNING_KEY"] != django_settings.SECRET_KEY
    assert "HUB_SECRET_KEY" not in web


def run_as(unit: str, code: str) -> "subprocess.CompletedProcess[str]":
    environment = process.environment_for([BY_NAME[unit]]) | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{code}"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_such_a_process_acts_as_its_unit_without_saying_so() -> None:
    code = "from config.isolation.actor import acting_unit; print(acting_unit().name)"
    assert run_as("ghl", code).stdout.strip() == "ghl"
    assert run_as("backoffice", code).stdout.strip() == "backoffice"


def test_asked_for_another_unit_it_refuses() -> None:
    done = run_as("ghl", "from config.isolation.actor import acting_as\nwith acting_as('salesforce'): print('done')")
    assert "done" not in done.stdout
    assert "This process was started for ghl and was asked to act as 'salesforce': it refuses" in done.stderr


def test_it_has_no_connection_of_another_unit() -> None:
    code = "from django.db import connections; print(sorted(a for a in connections if connections[a].settings_dict['NAME']))"
    done = run_as("ghl", code)
    assert done.stdout.strip() == "['ghl']", done.stderr


def test_a_worker_command_refuses_in_a_process_of_other_units() -> None:
    environment = process.environment_for([BY_NAME["ghl"]])
    done = subprocess.run(
        [sys.executable, "manage.py", "st_sync_worker"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "st_sync_worker acts as servicetitan, and this process was started for ghl" in done.stderr


def test_acting_as_is_refused_in_a_confined_process(settings: Settings) -> None:
    settings.HUB_UNITS = ("servicetitan",)
    assert acting_unit().name == "servicetitan"
    with pytest.raises(IsolationViolation, match="'ghl' runs in: st_workflow_worker"), acting_as("ghl"):
        pass


def test_a_task_of_another_unit_is_refused(settings: Settings) -> None:
    class Foreign(UnitTask):
        name = "ghl.push"
        deliveries = object  # type: ignore[assignment] # never reached

        def run(self) -> str:
            return "done"

    settings.HUB_UNITS = ("servicetitan",)
    with pytest.raises(IsolationViolation):
        Foreign()()


def test_a_unit_without_its_login_is_told_what_to_set(settings: Settings) -> None:
    settings.REDIS_URLS = {}
    with pytest.raises(CommandError, match="set GHL_REDIS_URL"):
        process.environment_for([BY_NAME["ghl"]])


def test_an_address_with_odd_characters_survives() -> None:
    login = {"USER": "a@b", "PASSWORD": "p/w:?#", "HOST": "::1", "PORT": 5432, "NAME": "hub", "OPTIONS": {"sslmode": "require"}}
    assert process.database_url(login) == "postgres://a%40b:p%2Fw%3A%3F%23@[::1]:5432/hub?sslmode=require"
