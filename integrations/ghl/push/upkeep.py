"""No rows of the unit's logs older than need be: a part of them after each run."""

from django.conf import settings

from config.jobs.pruning import prune


def run() -> None:
    prune("integrations.ghl_sync_log", "at", settings.GHL_LOG_DAYS)
    prune("integrations.ghl_sync_runs", "started_at", settings.GHL_LOG_DAYS)
    prune("integrations.ghl_task_deliveries", "started_at", settings.GHL_LOG_DAYS, order="started_at")
    prune("integrations.ghl_api_calls", "at", settings.HUB_CALLS_DAYS)
