"""What nobody outside the vendor knows for sure, and how an org can be set up: one field each.

Defaults are the contract's best guess; (A) marks what is assumed there or by this emulator, (O) what others observed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from config.sandbox.switches import Changeable

SCOPES = ("api", "refresh_token", "id", "openid")
FLOWS = ("authorization_code", "refresh_token", "client_credentials", "jwt")


@dataclass(frozen=True, slots=True)
class Switches(Changeable):
    # The External Client App
    scopes: tuple[str, ...] = SCOPES  # that it may ask for; offline_access is another word for refresh_token
    flows: tuple[str, ...] = FLOWS  # that are on; another answers unsupported_grant_type
    app_delay: float = 0.0  # seconds from the clock's start in which a new app is unknown (2 to 10 minutes, O)
    secret_required: bool = True  # also with PKCE
    pkce_required: bool = True
    pkce_mismatch_error: str = "invalid_grant"  # or invalid_request, as the guide says; others saw the first (O)
    verifier_length: str = "any"  # jsforce sends 171 characters (O); rfc: 43 to 128
    rotate_refresh_tokens: bool = True
    replay: str = "revoke_family"  # of a rotated refresh token: kills the whole approval (O), or refuse alone
    refresh_idle_days: float = 30.0  # unused for so long a refresh token is dead; 0: never
    refresh_scope: str = "refuse"  # a scope sent to the token endpoint: refuse (O) or ignore
    approvals: int = 5  # a user's living ones of one app; one more kills the oldest
    code_seconds: float = 900.0
    code_single_use: bool = True  # (A)
    code_padding: bool = True  # a code ends in == (A)
    run_as: bool = True  # client credentials: the app has a Run As user
    jwt_preauthorised: bool = True
    jwt_audiences: tuple[str, ...] = ("https://login.salesforce.com", "https://test.salesforce.com")  # and the own address
    host: str = "my_domain"  # or login: there client credentials are refused (A)
    client_error_status: int = 400  # of invalid_client and invalid_client_id; 401 in places (A)
    revoke_unknown: str = "unsupported_token_type"  # or invalid_token: both are documented
    identity_refusal_status: int = 403  # of userinfo and identity URL for a dead token, in plain text (O)

    # Consent
    consent: str = "page"  # a page to click on, or at once: allow, deny
    denial: str = "access_denied"  # or access-denied: the help shows both

    # Sessions
    session_seconds: float = 7200.0  # the session-timeout policy; two hours by default (A)
    session_slides: bool = False  # every call starts the time anew (A)
    session_dies_after_calls: int = 0  # an access token is refused after so many calls; 0: never
    access_token_length: int = 112
    instance_url: str = ""  # what token answers name; empty: the address the call came to
    bulk_session_error: str = "rest"  # a dead token at /jobs: as anywhere else, or bulk: InvalidSessionId
    org_active: bool = True
    api_enabled: bool = True

    # Versions and limits
    newest_version: int = 68
    versions_need_token: bool = False  # the list of versions (A)
    retired_code: str = "UNSUPPORTED_API_VERSION"  # in the body of 410; or GONE: neither was seen
    unknown_version_status: int = 404  # of a version to come (A)
    daily_limit: int = 100_000  # calls in any 24 hours; 0: unlimited
    daily_overshoot: int = 0  # calls that pass beyond it, as paid orgs may
    per_app_usage: bool = False  # a second part of Sforce-Limit-Info
    limits_lag: float = 0.0  # seconds by which GET /limits is late (O: five minutes)
    view_setup: bool = True  # the user may see /limits
    most_header_bytes: int = 16_384  # URI and headers: 414, 431
    error_shape: str = "array"  # or object, as the guide prints one
    latency: float = 0.0  # real seconds before every answer

    # What the user may do and see, by names like Contact and Contact.Email
    hidden_objects: tuple[str, ...] = ()
    hidden_fields: tuple[str, ...] = ()
    read_only_objects: tuple[str, ...] = ()
    read_only_fields: tuple[str, ...] = ()
    customize_application: bool = True  # may make fields

    # How the org is set up
    required_fields: tuple[str, ...] = ()  # besides LastName and Name
    restricted_picklists: tuple[str, ...] = ()  # besides those of the describe
    state_country_picklists: bool = False
    storage_records: int = 0  # contacts and accounts the storage holds; 0: any number
    failing_triggers: tuple[str, ...] = ()  # objects whose automation fails on every save
    duplicate_rule: str = "alert"  # the standard contact rule: alert (A: on by default), block or off
    duplicate_fields: tuple[str, ...] = ("LastName", "Email")  # alike in all of them: a match (A: the real one is fuzzy)
    duplicate_on_update: bool = False  # the rule also looks at changes (A)
    duplicate_result_in_rows: bool = True  # duplicateResult also in results of collections (A)
    bulk_duplicate_rule: bool = True  # the rule also works in Bulk 2.0 (unknown)

    # Values
    key_ignores_case: bool = True  # "a1" finds A1, unless the field tells capitals (A)
    key_ignores_blanks: bool = True  # " A1" finds A1 (unknown)
    trims_text: bool = True  # blanks around a text are not stored (A)
    empty_text: str = "clears"  # "" in JSON is null, or kept (A)
    wrong_type_rejects: str = "call"  # 5 for a text: the whole call, or row (A)

    # Writes
    update_only_missing_status: int = 404  # of ?updateOnly=true without a match (A)
    key_in_body: str = "refuse"  # the key field in the body of a single upsert: refuse (A: its text) or ignore
    missing_id_code: str = "INVALID_CROSS_REFERENCE_KEY"  # of a change to an id that never was; or NOT_FOUND (A)
    wrong_key_in: str = "call"  # an upsert by a field that is no key fails: call, or rows (both seen)
    created_on_failed: str = "absent"  # `created` of a row that failed: absent or false (A)
    missing_key: str = "refuse"  # a row of an upsert without its key: refuse or create (A)
    rolled_back_keeps_id: bool = True  # a row that allOrNone took back still names its id (O)
    foreign_type: str = "refuse"  # a row of another object than the URL's: refuse or ignore (A)

    # Queries
    query_batch: int = 2000
    locator_hours: float = 48.0  # for which nextRecordsUrl is good (A)

    # Bulk API 2.0
    bulk_polls: int = 1  # looks at the job that each of UploadComplete and InProgress outlives
    bulk_seconds: float = 0.0  # on the clock, likewise
    bulk_create_status: int = 200  # (A)
    bulk_delete_status: int = 204  # (A)
    bulk_shuffles: bool = True  # result rows come in another order
    bulk_one_put: bool = True  # a second PUT is refused (A), or goes on where the first ended
    bulk_processed_counts_failed: bool = True  # numberRecordsProcessed (A)
    bulk_chunk: int = 200  # rows saved together: a key twice among them fails (A)
    bulk_line_endings: str = "whole"  # the other line ending is looked for in the whole file (O), or between records
    bulk_most_bytes: int = 150_000_000
    bulk_open_hours: float = 24.0
    bulk_results_days: float = 7.0
    bulk_state_status: int = 400  # of a step that the job's state forbids (A)

    WORDS: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "pkce_mismatch_error": ("invalid_grant", "invalid_request"),
        "verifier_length": ("any", "rfc"),
        "replay": ("revoke_family", "refuse"),
        "refresh_scope": ("refuse", "ignore"),
        "host": ("my_domain", "login"),
        "client_error_status": (400, 401),
        "revoke_unknown": ("unsupported_token_type", "invalid_token"),
        "identity_refusal_status": (401, 403),
        "consent": ("page", "allow", "deny"),
        "denial": ("access_denied", "access-denied"),
        "bulk_session_error": ("rest", "bulk"),
        "retired_code": ("UNSUPPORTED_API_VERSION", "GONE"),
        "unknown_version_status": (404, 410),
        "error_shape": ("array", "object"),
        "duplicate_rule": ("alert", "block", "off"),
        "empty_text": ("clears", "kept"),
        "wrong_type_rejects": ("call", "row"),
        "update_only_missing_status": (400, 404),
        "key_in_body": ("refuse", "ignore"),
        "missing_id_code": ("INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND"),
        "wrong_key_in": ("call", "rows"),
        "created_on_failed": ("absent", "false"),
        "missing_key": ("refuse", "create"),
        "foreign_type": ("refuse", "ignore"),
        "bulk_create_status": (200, 201),
        "bulk_delete_status": (200, 204),
        "bulk_line_endings": ("whole", "records"),
        "bulk_state_status": (400, 409),
    }

    def __post_init__(self) -> None:
        self.check_words()
        if not 1 <= self.query_batch <= 2000:
            raise ValueError("query_batch must be between 1 and 2000.")
