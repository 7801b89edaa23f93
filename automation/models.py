"""The unit's tables."""

from automation.messaging.models import Address, Answer, ApiCall, Consent, Epoch, Message, Template, TemplateVersion
from automation.workflows.models import (
    AutomationDelivery,
    Effect,
    Event,
    FeedPosition,
    Run,
    RunLease,
    Simulation,
    Trace,
    Version,
    Workflow,
)

__all__ = [
    "Address", "Answer", "ApiCall", "AutomationDelivery", "Consent", "Effect", "Epoch", "Event", "FeedPosition", "Message", "Run",
    "RunLease", "Simulation", "Template", "TemplateVersion", "Trace", "Version", "Workflow",
]  # fmt: skip
