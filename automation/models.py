"""The unit's tables."""

from automation.messaging.models import Address, Answer, ApiCall, Consent, Epoch, Inbox, Message, Template, TemplateVersion
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
    "Address", "Answer", "ApiCall", "AutomationDelivery", "Consent", "Effect", "Epoch", "Event", "FeedPosition", "Inbox",
    "Message", "Run", "RunLease", "Simulation", "Template", "TemplateVersion", "Trace", "Version", "Workflow",
]  # fmt: skip
