"""An emulator of the GoHighLevel API, both versions (2021-07-28 and v3), for tests, demonstrations and previews.

    account = Account(seed=1, clock=Clock.frozen(some_monday))
    with running(create_app(account, Switches(search_lag=0))) as base_url:
        ...

Standard library and msgspec, and cryptography to sign webhooks; it knows no model and no Django. What is only
assumed of the vendor is a switch marked (A) in switches.py. Not emulated: conversations, notes, tasks, company
tokens, followers' own endpoints.
"""

from config.sandbox.clock import Clock
from config.sandbox.loopback import running
from integrations.ghl.sandbox.app import Sandbox, create_app
from integrations.ghl.sandbox.faults import rules_from
from integrations.ghl.sandbox.store.account import Account, Credentials
from integrations.ghl.sandbox.switches import Switches

__all__ = ["Account", "Clock", "Credentials", "Sandbox", "Switches", "create_app", "rules_from", "running"]
