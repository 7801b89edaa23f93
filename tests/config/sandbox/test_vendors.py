"""The vendors that units register: each on its port, and none imported before it is served."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from config.sandbox import ports, vendors
from config.sandbox.vendors import Vendor

ROOT = Path(__file__).parents[3]


def test_the_units_register_theirs_in_the_order_of_their_ports() -> None:
    registered = [vendor.unit for vendor in vendors.registered()]
    assert registered == [unit for unit in ports.VENDORS if unit in registered]
    assert registered[:2] == ["servicetitan", "ghl"]


def test_what_they_register_exists() -> None:
    for vendor in vendors.registered():
        assert isinstance(getattr(settings, vendor.uses), bool)
        assert all(getattr(settings, name) for name in vendor.credentials)


def test_each_has_the_port_behind_the_one_before() -> None:
    assert [ports.port_of(unit, 8901) for unit in ("servicetitan", "ghl", "salesforce")] == [8901, 8902, 8903]
    assert ports.address_of("ghl", 8901) == "http://127.0.0.1:8902"
    assert ports.port_of(ports.VENDORS[-1], ports.HIGHEST) == 65_535


def test_a_vendor_without_a_port_is_refused() -> None:
    with pytest.raises(ValueError, match="HubSpot has no port: name 'hubspot' in config/sandbox/ports"):
        vendors.register(Vendor("hubspot", "HubSpot", emulator="integrations.hubspot.sandbox.command", uses="HUBSPOT_SANDBOX"))
    assert "hubspot" not in {vendor.unit for vendor in vendors.registered()}


def test_no_process_of_the_hub_imports_an_emulator() -> None:
    program = (
        "import django, sys; django.setup()\n"
        "print([name for name in sys.modules if '.sandbox' in name and not name.startswith('config.')])"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr
