"""What Google measures, as its lists of metrics say: one that is not there would never fire.

Each was looked up in the documentation, with the resource that it is of and the labels by which
Vigil asks for it. Names in PromQL are made of these by Google's own rule.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """What is measured: `kind` as points relate to time, `value` as they look, `of` whom."""

    kind: str
    value: str
    of: str
    labels: frozenset[str] = frozenset()


_RESOURCE_LABELS: Mapping[str, frozenset[str]] = {
    "pubsub_subscription": frozenset({"subscription_id"}),
    "cloud_run_revision": frozenset({"service_name", "revision_name", "location"}),
    "firestore.googleapis.com/Database": frozenset({"database_id", "location"}),
    "logging_sink": frozenset({"name", "destination"}),
    "consumer_quota": frozenset({"service", "location"}),
    "uptime_url": frozenset({"host"}),
}


def _pubsub(kind: str, value: str, *labels: str) -> Metric:
    return Metric(kind, value, "pubsub_subscription", frozenset(labels))


def _run(kind: str, value: str, *labels: str) -> Metric:
    return Metric(kind, value, "cloud_run_revision", frozenset(labels))


def _firestore(*labels: str) -> Metric:
    return Metric("DELTA", "INT64", "firestore.googleapis.com/Database", frozenset(labels))


_PUBSUB, _RUN, _FIRESTORE = (
    f"{service}.googleapis.com" for service in ("pubsub", "run", "firestore")
)
KNOWN_METRICS: Mapping[str, Metric] = {
    f"{_PUBSUB}/subscription/num_undelivered_messages": _pubsub("GAUGE", "INT64"),
    f"{_PUBSUB}/subscription/oldest_unacked_message_age": _pubsub("GAUGE", "INT64"),
    f"{_PUBSUB}/subscription/push_request_count": _pubsub("DELTA", "INT64", "response_class"),
    # In microseconds.
    f"{_PUBSUB}/subscription/push_request_latencies": _pubsub("DELTA", "DISTRIBUTION"),
    f"{_PUBSUB}/subscription/byte_cost": _pubsub("DELTA", "INT64"),
    f"{_RUN}/request_count": _run("DELTA", "INT64", "response_code", "response_code_class"),
    # In milliseconds.
    f"{_RUN}/request_latencies": _run("DELTA", "DISTRIBUTION", "response_code_class"),
    f"{_RUN}/container/instance_count": _run("GAUGE", "INT64", "state"),
    f"{_RUN}/container/billable_instance_time": _run("DELTA", "DOUBLE"),
    f"{_RUN}/container/memory/utilizations": _run("DELTA", "DISTRIBUTION"),
    f"{_RUN}/container/cpu/utilizations": _run("DELTA", "DISTRIBUTION"),
    # What is called read_count and so on is of another resource, which knows no databases.
    f"{_FIRESTORE}/document/read_ops_count": _firestore(),
    f"{_FIRESTORE}/document/write_ops_count": _firestore(),
    f"{_FIRESTORE}/document/delete_ops_count": _firestore(),
    f"{_FIRESTORE}/document/ttl_deletion_count": _firestore(),
    f"{_FIRESTORE}/api/request_count": _firestore("api_method", "response_code"),
    "logging.googleapis.com/exports/error_count": Metric("DELTA", "INT64", "logging_sink"),
    "serviceruntime.googleapis.com/quota/exceeded": Metric(
        "GAUGE", "BOOL", "consumer_quota", frozenset({"quota_metric", "limit_name"})
    ),
    "monitoring.googleapis.com/uptime_check/check_passed": Metric(
        "GAUGE", "BOOL", "uptime_url", frozenset({"check_id", "checker_location"})
    ),
}


def resource_labels(metric: Metric) -> frozenset[str]:
    """Return the labels of the resource that is measured."""
    return _RESOURCE_LABELS[metric.of]


def in_promql(metric_type: str) -> str:
    """Return the name that a metric has in PromQL.

    >>> in_promql("run.googleapis.com/container/instance_count")
    'run_googleapis_com:container_instance_count'
    """
    service, _, path = metric_type.partition("/")
    return f"{re.sub('[^a-zA-Z0-9]', '_', service)}:{re.sub('[^a-zA-Z0-9]', '_', path)}"
