"""Names of pipelines, stages and lost reasons, from the account as last read."""

from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache

from integrations.models import Account

REMEMBERED_S = 5  # a list asks for every row

Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Places:
    """`stages`: (pipeline, stage) ids to (pipeline, stage) names, in their order."""

    account: Account | None = None
    pipelines: dict[str, str] = field(default_factory=dict)
    stages: dict[tuple[str, str], str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def pipeline(self, id: str) -> str:
        return self.pipelines.get(id, id)

    def stage(self, pipeline_id: str, stage_id: str) -> str:
        return self.stages.get((pipeline_id, stage_id), stage_id)

    def both(self, pipeline_id: str, stage_id: str) -> str:
        """ "Sales: Proposal sent"; '' where it stands nowhere yet."""
        if not stage_id:
            return ""
        return f"{self.pipeline(pipeline_id)}: {self.stage(pipeline_id, stage_id)}"

    def grouped(self) -> list[tuple[str, Choices]]:
        """For a list to choose a stage from: ids with a blank between, grouped by pipeline."""
        return [
            (name, [(f"{id} {stage}", f"{name}: {label}") for (of, stage), label in self.stages.items() if of == id])
            for id, name in self.pipelines.items()
        ]


def read() -> Places:
    account = Account.objects.order_by("-seen_at").first()
    if account is None:
        return Places()
    pipelines: list[dict[str, Any]] = account.pipelines
    return Places(
        account,
        {p["id"]: p["name"] or p["id"] for p in pipelines},
        {(p["id"], s["id"]): s["name"] or s["id"] for p in pipelines for s in p["stages"]},
        {r["id"]: r["name"] or r["id"] for r in account.lost_reasons},
    )


def known() -> Places:
    """As `read`, of a moment ago."""
    found: Places | None = cache.get_or_set("ghl-places", read, REMEMBERED_S)
    return found or Places()
