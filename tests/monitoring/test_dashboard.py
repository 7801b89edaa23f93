"""The dashboard and the rules that come with the project name what the agent really tells, and all of it is documented."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.monitoring import metrics

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "monitoring"
_METRIC = re.compile(r"\bhub_[a-z_]+\b")
VALUES: dict[str, Any] = {
    "nodes": {"redis": {"state": "ok", "unit": "servers", "since": 1.0, "figures": {"waiting": 1.0}}}, "incidents": [],
    "seconds": 0.1, "at": 1.0, "uptime": {"servers": {"2026-01-01": [1.0, 0.0]}},
}  # fmt: skip


@pytest.fixture(scope="module")
def told() -> set[str]:
    return {line.partition("{")[0].split(" ")[0] for line in metrics.text(VALUES).splitlines() if not line.startswith("#")}


def test_every_panel_shows_something(told: set[str]) -> None:
    dashboard = json.loads((FOLDER / "grafana-dashboard.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(expressions) >= 10 and len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    for expression in expressions:
        named = set(_METRIC.findall(expression))
        assert named and named <= told, expression


def test_every_rule_looks_at_something(told: set[str]) -> None:
    groups = yaml.safe_load((FOLDER / "alert-rules.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 5
    for rule in rules:
        named = set(_METRIC.findall(rule["expr"]))
        assert named and named <= told, rule["alert"]
        assert rule["for"] and rule["labels"]["severity"] and rule["annotations"]["summary"]


def test_every_metric_is_documented(told: set[str]) -> None:
    documented = set(re.findall(r"^\| `(hub_[a-z_]+)`", (FOLDER / "README.md").read_text(), re.MULTILINE))
    assert documented == told
