"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

LARGEST = 2**63 - 1
CustomerId = Annotated[int, Field(ge=1, le=LARGEST, strict=True, description="The customer's id in ServiceTitan.")]
MOST_AT_ONCE = 200
MOST_QUEUED = 10_000


class Given(Schema):
    """Names that are not known are refused: a misspelt one would be passed over in silence."""

    model_config = ConfigDict(extra="forbid")


class OneCustomer(Given):
    customer_id: CustomerId


class ManyCustomers(Given):
    customer_ids: Annotated[list[CustomerId], Field(min_length=1, max_length=MOST_AT_ONCE)]


class ToQueue(Given):
    """Without ids: whatever changed."""

    customer_ids: Annotated[list[CustomerId], Field(min_length=1, max_length=MOST_QUEUED)] | None = None


class Standing(Schema):
    connected: bool
    reconnect_needed: bool
    flow: Literal["web", "client_credentials", "jwt"]
    said: str = Field(description="A sentence for people.")
    login_url: str
    instance_url: str
    org_id: str
    user_id: str
    connected_at: datetime | None
    renewed_at: datetime | None
    generation: int
    switch: str = Field(description="run, dry-run, drain, hold or off.")
    calls_used: int | None = Field(description="Of the org's calls in 24 hours, by all its integrations.")
    calls_most: int | None
    findings: list[dict[str, Any]] = Field(description="Of the last set-up check.")


class Disconnected(Schema):
    was_connected: bool
    revoked: bool
    problem: str


class Done(Schema):
    """Of a run that was made at once."""

    ok: bool
    state: str
    run: int | None
    error: str
    looked_at: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    conflicts: int
    failed: int
    pending: int
    api_calls: int
    records: list["Outcome"] = Field(default_factory=list)


class Outcome(Schema):
    customer_id: int
    object: str
    state: str
    sf_id: str | None
    code: str
    reason: str
    notes: list[str]


class Queued(Schema):
    task: str = Field(description="The id of the delivery, as the admin shows it.")
    said: str


class Run(Schema):
    id: int
    mode: str
    trigger: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    looked_at: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    conflicts: int
    failed: int
    pending: int
    api_calls: int
    error: str


class Runs(Schema):
    runs: list[Run] = Field(description="Newest first.")
    before: int | None = Field(description="For the next page; null at the end.")


class LogEntry(Schema):
    at: datetime
    customer_id: int
    object: str
    act: str
    state: str
    api: str
    sf_id: str | None
    code: str
    reason: str
    fields: list[str]
    notes: list[str]
    attempts: int
    next_try_at: datetime | None


class RunDetail(Run):
    by_state: dict[str, int] = Field(description="Records of the run, by what became of them.")
    problems: list[LogEntry] = Field(description="Up to a hundred that did not succeed.")


class KindProgress(Schema):
    done: int
    total: int


class Progress(Schema):
    state: str = Field(description="running, how the last run ended, or none.")
    run: int | None = None
    mode: str = ""
    error: str = ""
    kinds: dict[str, KindProgress] = Field(default_factory=dict)
    started_at: datetime | None = None
    updated_at: datetime | None = None


class Difference(Schema):
    field: str
    wanted: Any = None
    there: Any = None


class OneObject(Schema):
    object: str
    state: str
    reason: str
    sf_id: str | None
    link: str
    sent_at: datetime | None
    wanted: dict[str, Any] | None = Field(description="What the mapping makes of the customer now; null: nothing is to be sent.")
    notes: list[str]
    there: dict[str, Any] | None = Field(description="What Salesforce has in the mapped fields; null: no record, or not asked.")
    differs: list[Difference]


class Customer(Schema):
    customer_id: int
    name: str
    asked_salesforce: bool
    said: str
    objects: list[OneObject]
    log: list[LogEntry]
