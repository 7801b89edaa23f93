"""The last pass as Prometheus text. Names, all with the label `node`:

hub_node_up             1: well; 0: bad or unknown; held and warning count as well
hub_node_state          1 for the state in the label `state`
hub_node_since_seconds  since when it is as it is, seconds since 1970
hub_figure              a figure of the node, named by the label `figure`: age_seconds, waiting, rejects and so on
hub_incidents_open      open incidents (no label)
hub_uptime_ratio        of a unit, over the days that are kept (label `unit`)
hub_pass_seconds        how long the last pass took; hub_pass_timestamp_seconds: when it was (no label)
"""

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
UNWELL = ("bad", "unknown")


class _Collector:
    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("hub_node_up", "1: well, 0: bad or unknown.", labels=("node", "unit"))
        state = GaugeMetricFamily("hub_node_state", "1 for the node's state.", labels=("node", "unit", "state"))
        since = GaugeMetricFamily("hub_node_since_seconds", "Since when it is so.", labels=("node", "unit"))
        figure = GaugeMetricFamily("hub_figure", "A figure of the node.", labels=("node", "unit", "figure"))
        for name, node in self._values["nodes"].items():
            labels = (name, node["unit"])
            up.add_metric(labels, 0.0 if node["state"] in UNWELL else 1.0)
            state.add_metric((*labels, node["state"]), 1.0)
            since.add_metric(labels, node["since"])
            for kind, value in node["figures"].items():
                figure.add_metric((*labels, kind), value)
        yield from (up, state, since, figure, *self._whole())

    def _whole(self) -> Iterator[Metric]:
        values = self._values
        yield GaugeMetricFamily("hub_incidents_open", "Open incidents.", value=len(values["incidents"]))
        yield GaugeMetricFamily("hub_pass_seconds", "Duration of the last pass.", value=values["seconds"])
        yield GaugeMetricFamily("hub_pass_timestamp_seconds", "When the last pass was.", value=values["at"])
        ratio = GaugeMetricFamily("hub_uptime_ratio", "Share of the time the unit was well.", labels=("unit",))
        for unit, days in values["uptime"].items():
            well, unwell = (sum(day[part] for day in days.values()) for part in (0, 1))
            if well + unwell:
                ratio.add_metric((unit,), well / (well + unwell))
        yield ratio


def text(values: Mapping[str, Any]) -> str:
    registry = CollectorRegistry()
    registry.register(_Collector(values))
    return generate_latest(registry).decode()
