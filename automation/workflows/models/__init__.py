"""What the engine keeps: definitions and their versions, events, runs, why each decision was taken, what is to be sent."""

from automation.workflows.models.bookkeeping import AutomationDelivery, FeedPosition, RunLease
from automation.workflows.models.definitions import Version, Workflow
from automation.workflows.models.effects import Effect
from automation.workflows.models.events import Event
from automation.workflows.models.runs import Run, Trace
from automation.workflows.models.simulations import Simulation

__all__ = [
    "AutomationDelivery", "Effect", "Event", "FeedPosition", "Run", "RunLease", "Simulation", "Trace", "Version", "Workflow",
]  # fmt: skip
