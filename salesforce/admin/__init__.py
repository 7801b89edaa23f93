"""The admin pages of Salesforce: for looking, for deciding, and for asking the push for something."""

from config.backoffice import navigation
from config.backoffice.navigation import Entry
from config.backoffice.positions import few
from salesforce import models
from salesforce.admin import keys, log, mapping_form, mappings, org, overview, panels, records, runs, traffic

__all__ = ["keys", "log", "mapping_form", "mappings", "org", "overview", "panels", "records", "runs", "traffic"]


def _troubled(model: type[models.Contact] | type[models.Account]) -> str:
    rows = model._default_manager.filter(state__in=(model.State.FAILED, model.State.CONFLICT))
    count, text = few(rows, 99)
    return text if count else ""


navigation.register(
    "Salesforce",
    Entry("Runs", "history_toggle_off", models.SyncRun),
    Entry("Contacts", "contacts", models.Contact, badge=lambda: _troubled(models.Contact)),
    Entry("Accounts", "apartment", models.Account, badge=lambda: _troubled(models.Account)),
    Entry("Log", "receipt_long", models.SyncLog),
)
navigation.register(
    "Salesforce: set-up",
    Entry("Connection", "link", models.Org),
    Entry("Field mapping", "rule", models.FieldMapping),
    Entry("API keys", "key", models.ApiKey),
    Entry("Bulk jobs", "inventory_2", models.BulkJob),
    Entry("Tasks", "task_alt", models.SalesforceDelivery),
    Entry("Calls", "swap_vert", models.ApiCall),
)
