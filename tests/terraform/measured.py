"""Installations as Cloud Monitoring would see them: made-up series, and the alarms they raise."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.promql import Series, read_promql
from tests.terraform.known_metrics import in_promql
from tests.terraform.monitoring_plan import Alarm, Plan, alarms
from vigil.doors.topology import PUSHES

VARIABLES: Mapping[str, Any] = {
    "model": {"name": "gemini-2.5-flash"},
    "secrets": {"slack": {"rotation_days": 90}},
    "operators": {
        "emails": {"oncall": "oncall@example.com"},
        "channels": ["projects/acme-ops/notificationChannels/1234567890"],
    },
}
MINUTE, HOUR = 60, 3600
PUSHED = "pubsub.googleapis.com/subscription/push_request_count"
OLDEST = "pubsub.googleapis.com/subscription/oldest_unacked_message_age"
WAITING = "pubsub.googleapis.com/subscription/num_undelivered_messages"
REQUESTS = "run.googleapis.com/request_count"
LATENCIES = "run.googleapis.com/request_latencies_bucket"
MEMORY = "run.googleapis.com/container/memory/utilizations_bucket"
INSTANCES = "run.googleapis.com/container/instance_count"
HEALTH = "monitoring.googleapis.com/uptime_check/check_passed"


def series(kind: str, value: float | Iterable[float], **labels: str) -> Series:
    """Return what was measured once a minute for an hour."""
    values = [value] * 60 if isinstance(value, int | float) else list(value)
    points = {MINUTE * (number + 1): float(each) for number, each in enumerate(values)}
    return Series(in_promql(kind), labels, points)


def run(kind: str, value: float | Iterable[float], service: str, **labels: str) -> Series:
    resource = {"monitored_resource": "cloud_run_revision", "service_name": service}
    return series(kind, value, **resource, **labels)


def pubsub(kind: str, value: float | Iterable[float], name: str, **labels: str) -> Series:
    resource = {"monitored_resource": "pubsub_subscription", "subscription_id": name}
    return series(kind, value, **resource, **labels)


def checked(passed: int, region: str) -> Series:
    host = "vigil-api-123456789012.us-central1.run.app"
    return series(
        HEALTH, passed, monitored_resource="uptime_url", host=host, checker_location=region
    )


def logged(name: str, value: float | Iterable[float], **labels: str) -> Series:
    kind = f"logging.googleapis.com/user/vigil-{name}"
    return series(kind, value, monitored_resource="cloud_run_revision", **labels)


def latencies(kind: str, service: str, ends: Mapping[str, float]) -> list[Series]:
    """Return how many requests a minute took no longer than each of `ends`."""
    return [run(kind, count, service, le=end) for end, count in ends.items()]


TICKED = ("detect-anomalies-ticks", "manage-alerts-ticks")
TICKS = [pubsub(PUSHED, 1, name, response_class="ack") for name in TICKED]
# Nothing but ticks and health checks, as it is on the first night.
IDLE = [
    *TICKS,
    *(pubsub(OLDEST, 0, push.name) for push in PUSHES),
    *(pubsub(WAITING, 0, push.name) for push in PUSHES),
    *(run(INSTANCES, 1, f"vigil-{name}", state="active") for name in ("api", "cleanup")),
    *(checked(1, region) for region in ("usa", "eur", "apac")),
]
# Much to do, now and then redeliveries, a cold start, some backlog, a region that is cut off.
USUAL = [
    *IDLE,
    pubsub(PUSHED, 6000, "batch-logs", response_class="ack"),
    pubsub(PUSHED, 60, "batch-logs", response_class="remote_server_5xx"),
    pubsub(PUSHED, [0] * 50 + [1] * 5 + [0] * 5, "manage-alerts", response_class="unreachable"),
    pubsub(PUSHED, 1, "manage-alerts", response_class="ack"),
    pubsub(OLDEST, 90, "batch-logs"),
    pubsub(OLDEST, [0] * 58 + [301, 0], "detect-anomalies"),
    run(REQUESTS, 6000, "vigil-batch-logs", response_code_class="2xx"),
    run(REQUESTS, 60, "vigil-batch-logs", response_code_class="5xx"),
    run(REQUESTS, [0] * 59 + [3], "vigil-api", response_code_class="5xx"),
    *latencies(LATENCIES, "vigil-api", {"400": 10, "4000": 10.4}),
    run(REQUESTS, 10.4, "vigil-api", response_code_class="2xx"),
    *latencies(MEMORY, "vigil-batch-logs", {"0.6": 5, "1": 5}),
    run(INSTANCES, 4, "vigil-batch-logs", state="active"),
    run(INSTANCES, 16, "vigil-batch-logs", state="idle"),
    logged("unfinished-ticks", [0] * 59 + [3], component="manage_alerts"),
    logged("unexplained", 1, reason="inconclusive"),
    checked(0, "eur-2"),
]


def fires(alarm: Alarm, measured: Iterable[Series]) -> bool:
    """Whether, within the last hour, it finds the same for as long as it has to."""
    found = [
        set(read_promql(alarm.query).ask(measured, at))
        for at in range(HOUR - alarm.for_seconds, HOUR + 1, MINUTE)
    ]
    return bool(set.intersection(*found))


def measured_alarms(plan: Plan) -> list[Alarm]:
    kind = "prometheus_query_language"
    return [a for a in alarms(plan).values() if [c.kind for c in a.conditions] == [kind]]
