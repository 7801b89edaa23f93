"""The unit's tables."""

from automation.workflows.models import AutomationDelivery, Effect, Event, FeedPosition, Run, RunLease, Trace, Version, Workflow

__all__ = ["AutomationDelivery", "Effect", "Event", "FeedPosition", "Run", "RunLease", "Trace", "Version", "Workflow"]
