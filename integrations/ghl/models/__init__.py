"""What the hub knows about GoHighLevel: what it has, what was sent, and what people want to be sent how."""

from integrations.ghl.models.account import Account
from integrations.ghl.models.calls import ApiCall
from integrations.ghl.models.deliveries import GhlDelivery
from integrations.ghl.models.drafts import Draft
from integrations.ghl.models.inbox import WebhookEvent
from integrations.ghl.models.log import SyncLog, SyncRun
from integrations.ghl.models.positions import FeedPosition, RunLease
from integrations.ghl.models.records import Contact, Opportunity, Pushed
from integrations.ghl.models.rules import StageRule

__all__ = [
    "Account",
    "ApiCall",
    "Contact",
    "Draft",
    "FeedPosition",
    "GhlDelivery",
    "Opportunity",
    "Pushed",
    "RunLease",
    "StageRule",
    "SyncLog",
    "SyncRun",
    "WebhookEvent",
]
