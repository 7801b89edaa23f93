"""An emulator of the Salesforce REST API of one org, for tests, demonstrations and previews.

    org = Org(seed=1, clock=Clock.frozen(some_monday))
    with running(create_app(org, Switches(consent="allow"))) as base_url:
        ...

Standard library and msgspec, and cryptography to check signed assertions; it knows no model and no Django. `base_url`
is login host, My Domain and instance in one. A new customer's org, without the key field: `Org(key_objects=())`.
Controls for tests and demonstrations are under /sandbox/ (control.py), faults in faults.py, people's acts in human.py.

What it does: OAuth (web-server flow with PKCE and a page to click on, refresh with rotation, client credentials, JWT
bearer, revoke, introspect, userinfo, identity URL); versions, limits, describes; rows of Contact and Account by id and
by key; collections; composite; a part of SOQL; Bulk API 2.0 ingest; custom fields, permission sets and field-level
security; the standard duplicate rule for contacts. The describes are recorded from a real org (org/describe/).

What is assumed: every behaviour that the contract or this emulator only assumes is a switch marked (A) in switches.py,
what others observed is marked (O), and the defaults are the best guess. Assumed without a switch, because no client
should depend on it: the words of errors that no source quotes (SOQL, tooling, jobs and tables that are refused, assertions
that are no good), the codes LIMIT_EXCEEDED, INVALIDJOB, INVALIDJOBSTATE and those of 414, 415 and 431, the shapes of
userinfo and introspection, that an account's contacts are deleted with it, that refused calls use up no quota, and
that a job's open time ends in Aborted.

What differs on purpose: a job moves on when somebody looks at it; an assertion's life is measured in real time; a
duplicate rule compares whole fields where the real one is fuzzy; a key that is found again after its record went to
the recycle bin makes a new record.

Not emulated: any object besides Contact, Account and the org's own set-up; composite graph and batch; queries as
jobs; aggregates, subqueries and date words in SOQL (MALFORMED_QUERY); sharing, record types, person accounts; SOAP and
the Metadata API; JWT-based access tokens; compression; the user-agent, device and password flows.
"""

from config.sandbox.clock import Clock
from config.sandbox.loopback import running
from salesforce.sandbox.app import Sandbox, create_app
from salesforce.sandbox.faults import rules_from
from salesforce.sandbox.org.org import KEY, Credentials, Org
from salesforce.sandbox.switches import Switches

__all__ = ["KEY", "Clock", "Credentials", "Org", "Sandbox", "Switches", "create_app", "rules_from", "running"]
