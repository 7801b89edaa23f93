"""Who may write where: the one list every fence is derived from.

A unit is a compartment: its code, its part of the database, its external API, its switch and its queue.
Nothing else in the project repeats these rules; routers, grants, the HTTP session and the workers read them here.
To add a vendor: a folder beside `integrations/ghl/`, and one entry below.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Api:
    """One external address a unit may call. `setting` names the Django setting that holds its base URL.

    `paths` are prefixes below the base URL; `*` stands for one part between slashes. `auth` marks token endpoints, `reads`
    searches that are asked for with a POST: it changes nothing at the vendor, so no switch stops it. `exact`: the base URL
    itself and nothing below it, as of a webhook. `hosts`: where the setting is empty, the hosts that may be called over
    https, for a vendor that tells each account its own; `*` stands for the beginning of a name, dots included.
    Of several entries the first that allows a call counts.
    """

    setting: str
    methods: tuple[str, ...]
    paths: tuple[str, ...]
    auth: bool = False
    reads: bool = False
    exact: bool = False
    hosts: tuple[str, ...] = ()

    def writes(self, method: str) -> bool:
        """Whether a call with this method may change something at the vendor."""
        return not (self.auth or self.reads) and method not in ("GET", "HEAD")


@dataclass(frozen=True)
class Switch:
    """A way to stop a unit. `setting`: false there is final; above it people choose run, hold, drain or dry-run.

    `stops`: "calls" every call of the unit's API, "writes" those that may change something there, "work" what the unit
    does in its own schema, which asks the switch itself.
    """

    name: str
    setting: str
    stops: str


@dataclass(frozen=True)
class Unit:
    """One compartment.

    `tables` are patterns inside `schema`; together they are the only thing the unit writes.
    `peoples_tables` are "schema.table" names outside it that people change through the back office.
    `inboxes` are "schema.table" names into which the unit may only INSERT (webhooks for another unit).
    `redis` are the keys it owns, `redis_reads` those it may only read. `tokens`: whether it keeps a vendor's tokens there,
    sealed, at `<unit>:tokens:<account>`. `environment` are the beginnings of the names of
    its settings and credentials: a process that does not act as the unit is started without them.
    `urls` are the paths, from the root of the site, that its views answer.
    """

    name: str
    purpose: str
    code: str
    schema: str | None = None
    tables: tuple[str, ...] = ("*",)
    reads: tuple[str, ...] = ()
    apis: tuple[Api, ...] = ()
    redis: tuple[str, ...] = ()
    redis_reads: tuple[str, ...] = ("switch:*",)
    tokens: bool = False
    switches: tuple[Switch, ...] = ()
    environment: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    runs_in: tuple[str, ...] = ()
    peoples_tables: tuple[str, ...] = ()
    inboxes: tuple[str, ...] = ()
    connection_limit: int = 30
    statement_timeout_s: int = 300
    work_mem_mb: int = 8  # of the database, for each sort and each set of rows in between
    read_only: bool = False

    @property
    def alias(self) -> str:
        """The Django connection the unit uses. Third-party apps know only `default`: that is the back office."""
        return "default" if self.name == "backoffice" else self.name

    def writes(self, schema: str, table: str) -> bool:
        """Whether the unit may change rows of `schema`.`table`."""
        if f"{schema}.{table}" in self.peoples_tables:
            return True
        return schema == self.schema and any(fnmatchcase(table, pattern) for pattern in self.tables)


OWNER_ALIAS = "owner"  # runs DDL: `manage.py migrate`, `isolation apply`, and the proof, which makes tables to try
OWNER_RUNS_IN = ("isolation_watch",)
STARTED_BY = {"api_worker": "api_server"}  # commands that another one starts and ends: nobody else does
UNIT_SCHEMAS = ("servicetitan", "integrations", "automation", "salesforce")
SCHEMAS = ("public", *UNIT_SCHEMAS)
BUS_KEYS = "celery:*"  # Celery's own keys in Redis: the bus, shared by all units
CHANGE_LOG = "servicetitan.st_changes"  # the hub's event log: the mirror writes it, `config.feed` reads it

UNITS: tuple[Unit, ...] = (
    Unit(
        name="servicetitan",
        purpose="mirrors ServiceTitan",
        code="servicetitan",
        schema="servicetitan",
        tables=("st_*",),
        apis=(
            Api(
                setting="SERVICETITAN_API_URL",
                methods=("GET",),
                paths=("/crm/v2/", "/jpm/v2/", "/sales/v2/", "/accounting/v2/", "/settings/v2/"),
            ),
            Api(setting="SERVICETITAN_AUTH_URL", methods=("POST",), paths=("/connect/token",), auth=True),
        ),
        redis=("servicetitan:*",),
        switches=(Switch("servicetitan", setting="SERVICETITAN_SYNC_ENABLED", stops="calls"),),
        environment=("SERVICETITAN_",),
        runs_in=("st_sync_worker",),
        connection_limit=60,
        work_mem_mb=64,  # a page of export is sorted and compared as a whole: in memory, not in temporary files
    ),
    Unit(
        name="ghl",
        purpose="sends customers and estimates to GoHighLevel",
        code="integrations/ghl",
        schema="integrations",
        tables=("ghl_*",),
        reads=("servicetitan",),
        apis=(
            Api(setting="GHL_API_URL", methods=("POST",), paths=("/contacts/search",), reads=True),
            Api(
                setting="GHL_API_URL",
                methods=("GET", "POST", "PUT"),
                paths=("/contacts/", "/opportunities/", "/locations/"),
            ),
            Api(setting="GHL_API_URL", methods=("DELETE",), paths=("/contacts/*/tags",)),  # and nothing else is ever deleted
            Api(setting="GHL_API_URL", methods=("POST",), paths=("/oauth/token",), auth=True),
        ),
        redis=("ghl:*",),
        tokens=True,
        switches=(Switch("ghl", setting="GHL_SYNC_ENABLED", stops="writes"),),
        environment=("GHL_",),
        runs_in=("st_workflow_worker",),
    ),
    Unit(
        name="automation",
        purpose="follow-up workflows and messages",
        code="automation",
        schema="automation",
        tables=("workflow_*", "messaging_*"),
        reads=("servicetitan", "integrations"),
        apis=(Api(setting="TWILIO_API_URL", methods=("GET", "POST"), paths=("/2010-04-01/Accounts/",)),),
        redis=("automation:*",),
        switches=(
            Switch("workflows", setting="WORKFLOWS_ENABLED", stops="work"),
            Switch("messaging", setting="MESSAGING_ENABLED", stops="writes"),
        ),
        environment=("AUTOMATION_", "WORKFLOWS_", "MESSAGING_", "TWILIO_", "SMTP_"),
        runs_in=("st_workflow_worker",),
    ),
    Unit(
        name="salesforce",
        purpose="sends customers to Salesforce",
        code="salesforce",
        schema="salesforce",
        reads=("servicetitan",),
        apis=(
            Api(
                setting="SALESFORCE_INSTANCE_URL",
                methods=("GET", "POST", "PUT", "PATCH"),  # and nothing is ever deleted
                paths=("/services/data",),
                hosts=("*.my.salesforce.com",),
            ),
            Api(setting="SALESFORCE_LOGIN_URL", methods=("GET", "POST"), paths=("/services/oauth2/",), auth=True),
        ),
        redis=("salesforce:*",),
        tokens=True,
        switches=(Switch("salesforce", setting="SALESFORCE_SYNC_ENABLED", stops="writes"),),
        environment=("SALESFORCE_",),
        urls=("api/salesforce/",),
        runs_in=("api_server", "api_worker"),
    ),
    Unit(
        name="monitor",
        purpose="watches, changes nothing",
        code="config/monitoring",
        reads=SCHEMAS,
        apis=(
            Api(setting="MONITOR_SLACK_URL", methods=("POST",), paths=("",), exact=True),
            Api(setting="MONITOR_WEBHOOK_URL", methods=("POST",), paths=("",), exact=True),
        ),
        redis=("monitor:*",),
        redis_reads=("switch:*", BUS_KEYS),
        environment=("MONITOR_",),
        urls=("healthz", "readyz", "metrics", "health/"),
        runs_in=("st_monitoring_agent",),
        connection_limit=10,
        statement_timeout_s=30,
        read_only=True,
    ),
    Unit(
        name="backoffice",
        purpose="the admin: people look, and change what belongs to people",
        code="config/backoffice",
        schema="public",
        reads=UNIT_SCHEMAS,
        redis=("session:*", "switch:*"),
        redis_reads=("monitor:*",),
        environment=("BACKOFFICE_",),
        urls=("", "admin/", "webhooks/"),
        peoples_tables=(
            "integrations.ghl_stage_rules", "salesforce.field_mappings", "salesforce.api_keys",
            "automation.workflow_definitions", "automation.workflow_versions",
            "automation.messaging_templates", "automation.messaging_template_versions",
            "automation.messaging_consent",  # which the database lets nobody change: people only add to it
        ),
        inboxes=("integrations.ghl_webhook_events", "automation.messaging_inbox"),
        runs_in=("api_server", "scheduler"),
        statement_timeout_s=60,
    ),
)

BY_NAME = {unit.name: unit for unit in UNITS}
SWITCHES = {switch.name: switch for unit in UNITS for switch in unit.switches}


def owner_of(schema: str, table: str) -> Unit | None:
    """The unit whose own table this is, or None where nobody may write."""
    owners = (u for u in UNITS if u.schema == schema and any(fnmatchcase(table, p) for p in u.tables))
    return next(owners, None)


def owns_whole_schema(unit: Unit) -> bool:
    """Whether no other unit has tables in the unit's schema, so that its future tables are its own as well."""
    return unit.schema is not None and [u for u in UNITS if u.schema == unit.schema] == [unit]
