"""The mirror. Other units may read everything here and write none of it."""

from servicetitan.models.accounting import Invoice, InvoiceItem
from servicetitan.models.base import MirroredRecord, mirrored_columns
from servicetitan.models.calls import ApiCall
from servicetitan.models.changes import Change
from servicetitan.models.crm import Customer, CustomerContact
from servicetitan.models.deliveries import Delivery
from servicetitan.models.jobs import Appointment, Job
from servicetitan.models.origins import causes, causes_of, runs_behind
from servicetitan.models.reach import NOWHERE, Reach, reach_of
from servicetitan.models.reference import BusinessUnit, JobType, TagType, Technician
from servicetitan.models.sales import Estimate, EstimateItem
from servicetitan.models.sync import SyncCursor, SyncLog, SyncReject

__all__ = [
    "NOWHERE",
    "ApiCall",
    "Appointment",
    "BusinessUnit",
    "Change",
    "Customer",
    "CustomerContact",
    "Delivery",
    "Estimate",
    "EstimateItem",
    "Invoice",
    "InvoiceItem",
    "Job",
    "JobType",
    "MirroredRecord",
    "Reach",
    "SyncCursor",
    "SyncLog",
    "SyncReject",
    "TagType",
    "Technician",
    "causes",
    "causes_of",
    "mirrored_columns",
    "reach_of",
    "runs_behind",
]
