"""What nobody outside the vendor knows for sure, and what goes wrong in practice: one field each.

Defaults are the contract's best guess, with clean rows. A `share` is the part of all records (0 to 1)
that shows the oddity; which ones is fixed by their id, so a record looks the same on every page. The
company's own truth (`Company.records`) never shows any of this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from config.sandbox.switches import Changeable

SCOPES = (
    "tn.crm.customers:r",
    "tn.crm.locations:r",
    "tn.jpm.jobs:r",
    "tn.jpm.appointments:r",
    "tn.jpm.jobtypes:r",
    "tn.jpm.jobhistory:r",
    "tn.sal.estimates:r",
    "tn.acc.invoices:r",
    "tn.acc.invoiceitems:r",
    "tn.stt.businessunits:r",
    "tn.stt.technicians:r",
    "tn.stt.employees:r",
    "tn.stt.tagtypes:r",
)


@dataclass(frozen=True, slots=True)
class Switches(Changeable):
    # Gateway and credentials
    missing_app_key_status: int = 401  # or 403
    wrong_tenant_status: int = 403  # or 404
    gateway_body: str = "api"  # bodies the gateway makes: api, short, html, text, empty
    app_key_in_query: bool = False  # also accept ?servicetitanapplicationkey= (2022 documents)
    scopes: tuple[str, ...] = SCOPES  # granted; a missing one answers 403
    token_lifetime: int = 900  # seconds
    token_dies_after_calls: int = 0  # a token is refused after so many calls; 0: never
    token_requests_a_minute: int = 0  # throttle of the token endpoint; 0: none
    calls_a_second: int = 60  # per application and tenant; 0: unlimited
    retry_after: str = "none"  # on 429: none, seconds, date
    latency: float = 0.0  # seconds before every answer
    gzip: bool = False  # compress where the client accepts it

    # Exports
    export_batch_size: int = 1000
    export_batch_varies: bool = False  # between a third of the size and the whole
    export_lag_minutes: float = 15.0
    empty_batch_every: int = 0  # every nth batch is empty and says hasMore; 0: never
    duplicates_in_batch: int = 0  # rows repeated within the same batch
    duplicates_across_batches: int = 0  # rows of the previous batch served again
    unsorted: bool = False
    stale_rows: float = 0.0  # share of rows followed by an older version of themselves
    last_token_null: bool = False  # continueFrom null when hasMore is false
    invalid_token_status: int = 400
    estimates_export: str = "both"  # which path answers: both, new, legacy, none; others 404

    # Lists and single records
    invoices_active_default: str = "ActiveOnly"  # or All
    estimate_missing_status: int = 404  # the documents name only 200 and 400
    inactive_contacts_conflict: bool = True  # 409 on contacts of an inactive customer

    # Rows
    fraction_digits: int = -1  # of every timestamp, 0 to 7; -1: mixed, as seen in the field
    unknown_fields: float = 0.0  # share with fields no document names
    unknown_enums: float = 0.0
    nulls_in_required: float = 0.0
    no_dates: float = 0.0  # createdOn 0001-01-01T00:00:00Z
    zone_less: float = 0.0  # timestamps without Z
    zero_ids: float = 0.0  # 0 for "none"
    nul_characters: float = 0.0  # \u0000 inside text
    lone_surrogates: float = 0.0  # half a character, as an escape
    wrong_types: float = 0.0  # "N/A" for an amount, "not a date" for a date
    null_ids: float = 0.0  # the record's own id
    long_decimals: float = 0.0  # 19 fraction digits

    WORDS: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "missing_app_key_status": (401, 403),
        "wrong_tenant_status": (403, 404),
        "gateway_body": ("api", "short", "html", "text", "empty"),
        "retry_after": ("none", "seconds", "date"),
        "estimates_export": ("both", "new", "legacy", "none"),
        "invoices_active_default": ("ActiveOnly", "InactiveOnly", "All"),
        "fraction_digits": tuple(range(-1, 8)),
    }

    def __post_init__(self) -> None:
        self.check_words()
        if self.export_batch_size < 1:
            raise ValueError("export_batch_size must be at least 1.")
