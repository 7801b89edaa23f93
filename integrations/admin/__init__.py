"""The admin pages of GoHighLevel: for looking, for deciding, and for asking the push for something."""

from config.backoffice import navigation
from config.backoffice.navigation import Entry
from config.backoffice.positions import few
from integrations import models
from integrations.admin import (
    account,
    conflicts,
    contacts,
    drafts,
    finding,
    log,
    opportunities,
    overview,
    panels,
    rules,
    runs,
    traffic,
)

__all__ = [
    "account", "conflicts", "contacts", "drafts", "finding", "log", "opportunities", "overview", "panels", "rules",
    "runs", "traffic",
]  # fmt: skip


def _misfits() -> str:
    found = rules.wrong()
    return str(len(found)) if found else ""


def _failed(model: type[models.Contact] | type[models.Opportunity]) -> str:
    count, text = few(model._default_manager.filter(state=model.State.FAILED), 99)
    return text if count else ""


navigation.register(
    "GoHighLevel",
    Entry("Runs", "history_toggle_off", models.SyncRun),
    Entry("Contacts", "contacts", models.Contact, badge=lambda: _failed(models.Contact)),
    Entry("Opportunities", "view_kanban", models.Opportunity, badge=lambda: _failed(models.Opportunity)),
    Entry("Conflicts", "report", models.Contact, badge=conflicts.count_open, view="integrations_contact_conflicts"),
    Entry("Drafts", "front_hand", models.Draft, badge=drafts.count_open),
    Entry("Parity", "balance", models.SyncRun, view="integrations_syncrun_parity"),
    Entry("Log", "receipt_long", models.SyncLog),
)
navigation.register(
    "GoHighLevel: set-up",
    Entry("Stage rules", "rule", models.StageRule, badge=_misfits),
    Entry("Account", "domain", models.Account),
    Entry("Tasks", "task_alt", models.GhlDelivery),
    Entry("Calls", "swap_vert", models.ApiCall),
)
