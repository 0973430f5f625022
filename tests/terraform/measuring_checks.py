"""What is measured, in alarms, objectives and charts: each check returns its complaints."""

import re
from collections.abc import Iterator

from tests.promql import Promql, read_promql
from tests.terraform.known_metrics import KNOWN_METRICS, Metric, in_promql, resource_labels
from tests.terraform.monitoring_checks import Check
from tests.terraform.monitoring_plan import (
    Plan,
    alarms,
    chart_queries,
    resources,
    slo_filters,
    tiles,
)

_COMPARED = re.compile(
    r"(metric|resource)\.(type|labels\.\w+)(!?=)"
    r'("[^"]*"|monitoring\.regex\.full_match\("[^"]*"\))'
)
_USER = "logging.googleapis.com/user/"
# What is put on the end of a distribution's name.
_BUCKET = "_bucket"


def unknown_metrics_in_alarms(plan: Plan) -> list[str]:
    """An alarm asks for what Google or Vigil measures, of whom that is measured, by its labels."""
    known = _by_promql_name(plan)
    return [
        f"{name}: {complaint}"
        for name, query in _queries(plan)
        for selector in query.selectors
        for complaint in _strange(
            known.get(selector.name), selector.name, dict_of(selector.matchers)
        )
    ]


def dict_of(matchers: tuple[tuple[str, str, str], ...]) -> dict[str, str]:
    return {label: value for label, _, value in matchers}


def _queries(plan: Plan) -> Iterator[tuple[str, Promql]]:
    for alarm in alarms(plan).values():
        if [condition.kind for condition in alarm.conditions] == ["prometheus_query_language"]:
            yield alarm.name, read_promql(alarm.query)


def _measured(plan: Plan) -> dict[str, Metric]:
    """Return Google's metrics and those that the plan makes of logs."""
    own = {
        f"{_USER}{values['name']}": Metric(
            "DELTA",
            values["metric_descriptor"][0]["value_type"],
            "cloud_run_revision",
            frozenset(values["label_extractors"] or {}),
        )
        for values in resources(plan, "google_logging_metric")
    }
    return {**KNOWN_METRICS, **own}


def _by_promql_name(plan: Plan) -> dict[str, Metric]:
    return {
        in_promql(kind) + (_BUCKET if metric.value == "DISTRIBUTION" else ""): metric
        for kind, metric in _measured(plan).items()
    }


def _strange(metric: Metric | None, name: str, asked: dict[str, str]) -> Iterator[str]:
    if metric is None:
        yield f"no such metric: {name}"
        return
    if asked.pop("monitored_resource", None) != metric.of:
        yield f"{name} is of {metric.of}"
    yield from (
        f"{name} has no label {label}"
        for label in asked
        if label not in metric.labels | resource_labels(metric)
    )


def unknown_metrics_in_filters(plan: Plan) -> list[str]:
    """The same of charts and objectives, which are written as filters."""
    charts = [str(query["filter"]) for query in chart_queries(plan)]
    return [
        complaint for text in (*charts, *slo_filters(plan)) for complaint in _strange_in(plan, text)
    ]


def _strange_in(plan: Plan, text: str) -> Iterator[str]:
    terms = text.split(" AND ")
    compared = [_COMPARED.fullmatch(term) for term in terms]
    if None in compared:
        yield f"not understood: {text}"
        return
    said = {(match[1], match[2]): match[4].strip('"') for match in compared if match}
    kind, resource = said.pop(("metric", "type"), ""), said.pop(("resource", "type"), "")
    asked = {"monitored_resource": resource}
    asked |= {name.removeprefix("labels."): value for (_, name), value in said.items()}
    yield from _strange(_measured(plan).get(kind), kind, asked)


def uncovered(plan: Plan) -> list[str]:
    """Each function and each subscription is in the alarms for all of them, and in the charts."""
    services = {v["name"] for v in resources(plan, "google_cloudfunctions2_function")}
    subscriptions = {v["name"]: v for v in resources(plan, "google_pubsub_subscription")}
    pushes = {name for name, v in subscriptions.items() if v["push_config"]}
    dead = {name for name in subscriptions if name.endswith("-dead")}
    wanted = {
        "errors": services,
        "memory": services,
        "slow-answers": services,
        "failing-pushes": pushes,
        "backlog": pushes,
        "dead-letters": dead,
    }
    return [
        *(
            f"{alarm}: {name}"
            for alarm, names in wanted.items()
            for name in sorted(names - _named(alarms(plan)[alarm].query))
        ),
        *(f"dashboard: {name}" for name in sorted((services | pushes | dead) - _drawn(plan))),
    ]


def _named(query: str) -> set[str]:
    return {
        name
        for selector in read_promql(query).selectors
        for label, _, value in selector.matchers
        if label in ("service_name", "subscription_id")
        for name in value.split("|")
    }


def _drawn(plan: Plan) -> set[str]:
    texts = [str(query["filter"]) for query in chart_queries(plan)]
    return {
        name
        for text in texts
        for names in re.findall(r'full_match\("([^"]*)"\)', text)
        for name in names.split("|")
    }


def wrong_layout(plan: Plan) -> list[str]:
    """Tiles lie beside each other, within 48 columns, and each has a title or says something."""
    found = tiles(plan)
    complaints = [
        f"{one.x},{one.y} lies over {other.x},{other.y}"
        for number, one in enumerate(found)
        for other in found[number + 1 :]
        if one.overlaps(other)
    ]
    complaints += [f"{tile.x},{tile.y} is too wide" for tile in found if tile.x + tile.width > 48]
    return complaints + [
        f"{tile.x},{tile.y} says nothing"
        for tile in found
        if not tile.widget.get("title") and not tile.widget.get("text")
    ]


CHECKS: tuple[Check, ...] = (
    unknown_metrics_in_alarms,
    unknown_metrics_in_filters,
    uncovered,
    wrong_layout,
)
