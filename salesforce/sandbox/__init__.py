"""An emulator of the Salesforce REST API of one org, for tests, demonstrations and previews."""

from config.sandbox.clock import Clock
from config.sandbox.loopback import running
from salesforce.sandbox.app import Sandbox, create_app
from salesforce.sandbox.faults import rules_from
from salesforce.sandbox.org.org import KEY, Credentials, Org
from salesforce.sandbox.switches import Switches

__all__ = ["KEY", "Clock", "Credentials", "Org", "Sandbox", "Switches", "create_app", "rules_from", "running"]
