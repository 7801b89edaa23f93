"""Builds the sandbox for the command that serves it."""

import dataclasses

from config.sandbox.vendors import Emulator, Start
from salesforce.sandbox.app import create_app
from salesforce.sandbox.faults import rules_from
from salesforce.sandbox.org.org import Credentials, Org
from salesforce.sandbox.snapshot import Snapshots
from salesforce.sandbox.switches import Switches


def emulator(start: Start) -> Emulator:
    credentials = Credentials()
    if given := start.credentials:
        id, secret = given["SALESFORCE_CLIENT_ID"], given["SALESFORCE_CLIENT_SECRET"]
        credentials = dataclasses.replace(credentials, client_id=id, client_secret=secret)
    org = Org(seed=start.origin.seed, clock=start.clock(), credentials=credentials)
    sandbox = create_app(org, Switches().changed(start.switches))
    sandbox.faults.set(rules_from(dict(rule) for rule in start.faults))
    settings = {
        "SALESFORCE_LOGIN_URL": start.url,
        "SALESFORCE_INSTANCE_URL": start.url,
        "SALESFORCE_CLIENT_ID": credentials.client_id,
        "SALESFORCE_CLIENT_SECRET": credentials.client_secret,
        "SALESFORCE_FLOW": "client_credentials",
    }
    return Emulator(sandbox, settings, Snapshots(sandbox))
