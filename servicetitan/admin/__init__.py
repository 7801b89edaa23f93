"""The admin pages of ServiceTitan: for looking, and for asking the sync for something."""

from config.backoffice import navigation
from config.backoffice.navigation import Entry
from config.backoffice.positions import few
from servicetitan import models
from servicetitan.admin import (
    appointments,
    calls,
    changes,
    customers,
    deliveries,
    estimates,
    feeds,
    finding,
    invoices,
    jobs,
    overview,
    reference,
    rejects,
    runs,
)

__all__ = [
    "appointments", "calls", "changes", "customers", "deliveries", "estimates", "feeds", "finding", "invoices", "jobs",
    "overview", "reference", "rejects", "runs",
]  # fmt: skip


def _open_rejects() -> str:
    count, text = few(models.SyncReject.objects.filter(state=models.SyncReject.State.OPEN), 99)
    return text if count else ""


navigation.register(
    "ServiceTitan: sync",
    Entry("Feeds", "rss_feed", models.SyncCursor),
    Entry("Runs", "history_toggle_off", models.SyncLog),
    Entry("Rejects", "report", models.SyncReject, badge=_open_rejects),
    Entry("Changes", "difference", models.Change),
    Entry("Tasks", "task_alt", models.Delivery),
    Entry("Calls", "swap_vert", models.ApiCall),
)
navigation.register(
    "ServiceTitan: records",
    Entry("Customers", "person", models.Customer),
    Entry("Contacts", "call", models.CustomerContact),
    Entry("Jobs", "handyman", models.Job),
    Entry("Appointments", "event", models.Appointment),
    Entry("Estimates", "request_quote", models.Estimate),
    Entry("Invoices", "receipt_long", models.Invoice),
    Entry("Business units", "store", models.BusinessUnit),
    Entry("Job types", "category", models.JobType),
    Entry("Technicians", "engineering", models.Technician),
    Entry("Tag types", "label", models.TagType),
)
