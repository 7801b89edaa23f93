"""An emulator of the ServiceTitan public API v2, for tests, demonstrations and previews.

    company = Company(customers=200, seed=1, clock=Clock.frozen(some_monday))
    with running(create_app(company)) as base_url:
        ...

Standard library and msgspec only; it knows no model and no Django.
"""

from config.sandbox.clock import Clock
from config.sandbox.loopback import running
from servicetitan.sandbox.api.auth import Credentials
from servicetitan.sandbox.app import Sandbox, create_app
from servicetitan.sandbox.company.company import Company
from servicetitan.sandbox.switches import Switches

__all__ = ["Clock", "Company", "Credentials", "Sandbox", "Switches", "create_app", "running"]
