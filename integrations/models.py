"""Published reads of the integrations: who may read this schema imports from here."""

from integrations.ghl.models import (
    Account,
    ApiCall,
    Contact,
    Draft,
    FeedPosition,
    GhlDelivery,
    Opportunity,
    RunLease,
    StageRule,
    SyncLog,
    SyncRun,
    WebhookEvent,
)

__all__ = [
    "Account",
    "ApiCall",
    "Contact",
    "Draft",
    "FeedPosition",
    "GhlDelivery",
    "Opportunity",
    "RunLease",
    "StageRule",
    "SyncLog",
    "SyncRun",
    "WebhookEvent",
]
