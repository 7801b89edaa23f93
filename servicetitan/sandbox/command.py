"""Builds the sandbox for the command that serves it."""

from collections.abc import Mapping

from config.sandbox.vendors import Emulator, Start
from servicetitan.sandbox.api.auth import Credentials
from servicetitan.sandbox.app import create_app
from servicetitan.sandbox.company.company import RECORDS_A_CUSTOMER, Company
from servicetitan.sandbox.faults import rules_from
from servicetitan.sandbox.switches import Switches


def emulator(start: Start) -> Emulator:
    origin, credentials = start.origin, _credentials(start.credentials)
    customers = max(1, origin.records // RECORDS_A_CUSTOMER) if origin.records else origin.customers
    company = Company(customers, seed=origin.seed, clock=start.clock(), activity=origin.activity)
    sandbox = create_app(company, Switches().changed(start.switches), credentials)
    sandbox.faults.set(rules_from(dict(rule) for rule in start.faults))
    settings = {
        "SERVICETITAN_API_URL": start.url,
        "SERVICETITAN_AUTH_URL": start.url,
        "SERVICETITAN_TENANT_ID": str(credentials.tenant),
        "SERVICETITAN_CLIENT_ID": credentials.client_id,
        "SERVICETITAN_CLIENT_SECRET": credentials.client_secret,
        "SERVICETITAN_APP_KEY": credentials.app_key,
    }
    return Emulator(sandbox, settings)


def _credentials(given: Mapping[str, str]) -> Credentials:
    if not given:
        return Credentials()
    return Credentials(
        int(given["SERVICETITAN_TENANT_ID"]),
        given["SERVICETITAN_CLIENT_ID"],
        given["SERVICETITAN_CLIENT_SECRET"],
        given["SERVICETITAN_APP_KEY"],
    )
