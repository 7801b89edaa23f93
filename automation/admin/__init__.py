"""The admin pages of the workflows: what is on, who is where, why, and the editor."""

from automation.admin import counts, events, finding, messaging, overview, panels, runs, simulations, trace, traffic, workflows
from automation.workflows import models
from config.backoffice import navigation
from config.backoffice.navigation import Entry

__all__ = ["events", "finding", "messaging", "overview", "panels", "runs", "simulations", "trace", "traffic", "workflows"]


def _failed() -> str:
    count, text = counts.failed()
    return text if count else ""


navigation.register(
    "Workflows",
    Entry("Workflows", "account_tree", models.Workflow),
    Entry("Runs", "directions_run", models.Run, badge=_failed),
    Entry("Simulations", "science", models.Simulation),
    Entry("Why and why not", "help_center", models.Trace, view="automation_trace_why"),
    Entry("Decisions", "fact_check", models.Trace),
    Entry("Events", "bolt", models.Event),
    Entry("Tasks", "task_alt", models.AutomationDelivery),
)
