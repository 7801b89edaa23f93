"""The admin pages of GoHighLevel: for looking, for deciding, and for asking the unit for something."""

from config.backoffice import navigation
from config.backoffice.navigation import Entry
from config.backoffice.positions import few
from integrations.ghl import models
from integrations.ghl.admin import account, drafts, log, overview, panels, records, rules, runs, traffic

__all__ = ["account", "drafts", "log", "overview", "panels", "records", "rules", "runs", "traffic"]


def _open_drafts() -> str:
    count, text = few(models.Draft.objects.filter(state=models.Draft.State.OPEN), 99)
    return text if count else ""


navigation.register(
    "GoHighLevel",
    Entry("Runs", "history_toggle_off", models.SyncRun),
    Entry("Contacts", "contacts", models.Contact),
    Entry("Opportunities", "view_kanban", models.Opportunity),
    Entry("Log", "list_alt", models.SyncLog),
    Entry("Drafts", "rule", models.Draft, badge=_open_drafts),
    Entry("Stage rules", "conversion_path", models.StageRule),
    Entry("Sub-account", "apartment", models.Account),
    Entry("Tasks", "task_alt", models.GhlDelivery),
    Entry("Calls", "swap_vert", models.ApiCall),
)
