"""What the hub knows about Salesforce: what it has, what was sent, and what people want to be sent how."""

from salesforce.models.access import ApiKey, TokenCopy
from salesforce.models.calls import ApiCall
from salesforce.models.deliveries import SalesforceDelivery
from salesforce.models.jobs import BulkJob
from salesforce.models.log import SyncLog, SyncRun
from salesforce.models.mappings import FieldMapping
from salesforce.models.org import Org
from salesforce.models.positions import FeedPosition, RunLease
from salesforce.models.records import Account, Contact, Pushed

__all__ = [
    "Account",
    "ApiCall",
    "ApiKey",
    "BulkJob",
    "Contact",
    "FeedPosition",
    "FieldMapping",
    "Org",
    "Pushed",
    "RunLease",
    "SalesforceDelivery",
    "SyncLog",
    "SyncRun",
    "TokenCopy",
]
