"""Builds the sandbox for the command that serves it."""

from config.sandbox.vendors import Emulator, Start
from integrations.ghl.sandbox.app import create_app
from integrations.ghl.sandbox.faults import rules_from
from integrations.ghl.sandbox.snapshot import Snapshots
from integrations.ghl.sandbox.store.account import Account, Credentials
from integrations.ghl.sandbox.switches import Switches


def emulator(start: Start) -> Emulator:
    given = start.credentials
    credentials = Credentials(token=given["GHL_API_TOKEN"], location_id=given["GHL_LOCATION_ID"]) if given else Credentials()
    account = Account(seed=start.origin.seed, clock=start.clock(), credentials=credentials)
    sandbox = create_app(account, Switches().changed(start.switches))
    sandbox.faults.set(rules_from(dict(rule) for rule in start.faults))
    sandbox.webhooks.opening = start.opening
    settings = {
        "GHL_API_URL": start.url,
        "GHL_API_TOKEN": credentials.token,
        "GHL_LOCATION_ID": credentials.location_id,
    }
    return Emulator(sandbox, settings, Snapshots(sandbox))
