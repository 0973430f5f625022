"""The monitoring of Vigil itself, read out of a plan."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Plan = Mapping[str, Any]


@dataclass(frozen=True)
class Condition:
    """One condition of an alarm: what kind it is, and its fields."""

    kind: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Alarm:
    """An alert policy; `name` is what its label says."""

    name: str
    values: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(self.values["display_name"]).removeprefix("Vigil: ").partition(",")[0]

    @property
    def documentation(self) -> str:
        [block] = self.values["documentation"]
        return str(block["content"])

    @property
    def told(self) -> int:
        """Return how many channels it tells; who they are is known when they have been made."""
        return len(self.values["notification_channels"] or [])

    @property
    def conditions(self) -> list[Condition]:
        return [
            Condition(kind.removeprefix("condition_"), blocks[0])
            for condition in self.values["conditions"]
            for kind, blocks in condition.items()
            if kind.startswith("condition_") and blocks
        ]

    @property
    def query(self) -> str:
        """Return the PromQL of an alarm that has one."""
        [condition] = self.conditions
        return str(condition.fields["query"])

    @property
    def for_seconds(self) -> int:
        """Return for how long the query has to find something."""
        [condition] = self.conditions
        return int(str(condition.fields["duration"]).removesuffix("s"))


@dataclass(frozen=True)
class Tile:
    """A tile of the dashboard, and where it lies."""

    x: int
    y: int
    width: int
    height: int
    widget: Mapping[str, Any]

    def overlaps(self, other: "Tile") -> bool:
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


def resources(plan: Plan, kind: str) -> Iterator[Mapping[str, Any]]:
    """Yield the planned values of the resources of a kind."""
    for resource in plan["planned_values"]["root_module"]["resources"]:
        if resource["type"] == kind:
            yield resource["values"]


def alarms(plan: Plan) -> dict[str, Alarm]:
    """Return the alarms by name."""
    found = (values for values in resources(plan, "google_monitoring_alert_policy"))
    return {v["user_labels"]["alarm"]: Alarm(v["user_labels"]["alarm"], v) for v in found}


def log_filters(plan: Plan) -> dict[str, str]:
    """Return what is looked for in logs, by the metric's or the alarm's name."""
    counted = {v["name"]: v["filter"] for v in resources(plan, "google_logging_metric")}
    watched = {
        alarm.name: condition.fields["filter"]
        for alarm in alarms(plan).values()
        for condition in alarm.conditions
        if condition.kind == "matched_log"
    }
    return {**counted, **watched}


def dashboard(plan: Plan) -> dict[str, Any]:
    """Return the dashboard as it is sent to Google."""
    [values] = resources(plan, "google_monitoring_dashboard")
    read: dict[str, Any] = json.loads(values["dashboard_json"])
    return read


def tiles(plan: Plan) -> list[Tile]:
    """Return the dashboard's tiles; a position that is left out is 0."""
    return [
        Tile(
            tile.get("xPos", 0), tile.get("yPos", 0), tile["width"], tile["height"], tile["widget"]
        )
        for tile in dashboard(plan)["mosaicLayout"]["tiles"]
    ]


def chart_queries(plan: Plan) -> list[Mapping[str, Any]]:
    """Return what each set of lines of each chart asks for."""
    return [
        line["timeSeriesQuery"]["timeSeriesFilter"]
        for tile in tiles(plan)
        for line in tile.widget.get("xyChart", {}).get("dataSets", [])
    ]


def slo_filters(plan: Plan) -> list[str]:
    """Return the filters of all objectives."""
    return [
        text for values in resources(plan, "google_monitoring_slo") for text in _filters(values)
    ]


def _filters(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("metric.type="):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _filters(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _filters(inner)
