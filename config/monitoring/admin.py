"""The agent in the back office's menu and on its first page."""

from django.http import HttpRequest
from django.urls import reverse

from config.backoffice import dashboard, navigation
from config.backoffice.dashboard import Problem, Section
from config.backoffice.navigation import Link
from config.monitoring.health.page import RIGHT
from config.monitoring.health.shown import read

navigation.register("Health", Link("Health", "ecg_heart", "health", RIGHT))


def section(request: HttpRequest) -> Section | None:
    """Only what the agent found, a cause a line; a trial without an agent is no fault."""
    if not request.user.has_perm(RIGHT):
        return None
    found, url = read(), reverse("health")
    if not found.now:
        return Section("Health", url, notes=[found.problem])
    nodes = found.now["nodes"]
    problems = [
        Problem(f"{nodes.get(one['cause'], {}).get('title', one['cause'])}: {one['text']}", url) for one in found.now["incidents"]
    ]
    well = sum(1 for node in nodes.values() if node["state"] in ("ok", "held"))
    return Section("Health", url, problems=problems, notes=[f"{well} of {len(nodes)} things that are watched are well."])


dashboard.register(section)
