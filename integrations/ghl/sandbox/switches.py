"""What nobody outside the vendor knows for sure, and how a sub-account can be set up: one field each.

Defaults are the contract's best guess; (A) marks what is assumed there, (O) what others observed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from config.sandbox.switches import Changeable

SCOPES = (
    "contacts.readonly",
    "contacts.write",
    "opportunities.readonly",
    "opportunities.write",
    "locations.readonly",
    "locations/customFields.readonly",
    "locations/customFields.write",
    "locations/tags.readonly",
    "oauth.readonly",
    "oauth.write",
)


@dataclass(frozen=True, slots=True)
class Switches(Changeable):
    # Access
    scopes: tuple[str, ...] = SCOPES  # granted; a missing one answers 401, not 403 (O)
    missing_version_status: int = 401  # of a call without Version, or with one that does not exist (A)
    token_lifetime: int = 86_399  # of OAuth access tokens, in seconds
    token_dies_after_calls: int = 0  # an OAuth access token is refused after so many calls; 0: never
    refresh_grace: float = 30.0  # seconds in which a used refresh token still gives its successor
    invalid_grant_status: int = 400  # (A)

    # Limits, per location
    burst_limit: int = 100  # 0: unlimited
    burst_seconds: float = 10.0
    burst_window: str = "sliding"  # or fixed: nobody knows; sliding is the stricter (A)
    daily_limit: int = 200_000  # 0: unlimited; days begin at midnight UTC (A)
    rate_headers: bool = True
    retry_after: bool = False  # a Retry-After in seconds on 429; not documented
    latency: float = 0.0  # real seconds before every answer

    # The sub-account's settings
    allow_duplicate_contact: bool = False
    allow_duplicate_opportunity: bool = False
    dedupe_first: str = "email"  # which contact an upsert matches first
    dedupe_second: str = "phone"

    # Contacts
    upsert_created_status: int = 200  # of an upsert that made a contact; 201 in some test doubles
    upsert_without_identity: str = "create"  # neither e-mail nor phone: create or refuse (A)
    missing_status: int = 400  # of an unknown contact or opportunity (A)
    loose_phone: str = "drop"  # a number that is none: drop silently (O), keep or refuse
    lower_case_tags: bool = True  # (A)
    put_custom_fields: str = "merge"  # or replace (A)
    unknown_custom_field: str = "drop"  # a value for a field that does not exist: drop or refuse (A)
    custom_field_by_key: bool = True  # a key alone, without id, is enough (O)
    custom_field_spellings: tuple[str, ...] = ("field_value", "fieldValue", "value")  # on 2021-07-28 (O)
    duplicate_field_name_status: int = 400  # of a second custom field of the same name; 201: made (A)

    # Opportunities
    duplicate_blocks: str = "any"  # any card of the contact in the pipeline blocks another, or only open ones (O)
    opportunity_source: bool = True  # the undeclared `source` is accepted (O)
    upsert_edition: str = "2026-05-01"  # opportunity upsert as since then, or as in 2026-04-30
    upsert_contact_id: bool = False  # today's upsert also takes contactId (unknown)
    search_custom_fields: str = "observed"  # fieldValueString (O), or documented: fieldValue

    # Search
    search_lag: float = 2.0  # seconds until a search sees a write (O)
    duplicate_search_lags: bool = False  # also GET /contacts/search/duplicate (A)
    search_lacks_dnd: bool = False  # no dndSettings in search results (O)
    phone_search_misses: float = 0.0  # share of contacts that a search by phone does not find (O)

    # Webhooks
    webhooks_for_api_writes: bool = True  # our own writes come back (A)
    webhook_twin_events: bool = True  # create also sends Update, delete as well (O)
    webhook_delay: float = 0.0  # seconds
    webhook_duplicates: float = 0.0  # share delivered twice, with the same webhookId
    webhook_out_of_order: float = 0.0  # share held back until the next event has gone
    webhook_forged: float = 0.0  # share followed by the same event with other values and a wrong signature
    webhook_lost: float = 0.0  # share never delivered
    webhook_signatures: tuple[str, ...] = ("ed25519", "rsa")
    webhook_nested: bool = False  # fields under `data`, as the integration guide shows

    WORDS: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "burst_window": ("sliding", "fixed"),
        "dedupe_first": ("email", "phone"),
        "dedupe_second": ("email", "phone", "none"),
        "upsert_created_status": (200, 201),
        "upsert_without_identity": ("create", "refuse"),
        "missing_status": (400, 404, 422),
        "invalid_grant_status": (400, 401),
        "loose_phone": ("drop", "keep", "refuse"),
        "put_custom_fields": ("merge", "replace"),
        "unknown_custom_field": ("drop", "refuse"),
        "duplicate_field_name_status": (201, 400, 422),
        "duplicate_blocks": ("any", "open"),
        "upsert_edition": ("2026-05-01", "2026-04-30"),
        "search_custom_fields": ("observed", "documented"),
    }

    def __post_init__(self) -> None:
        self.check_words()
