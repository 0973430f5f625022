"""Small builders that default the rest, shared by the tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from vigil.logs.log_entry import LogEntry
from vigil.model.alert import Alert, AlertStatus
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.change import Change, ChangeKind
from vigil.model.impact import Difference, Impact
from vigil.model.incident import Incident, IncidentStatus, RootCause
from vigil.model.incident_step import IncidentStep, StepKind
from vigil.model.log_severity import LogSeverity
from vigil.model.notification import AlertMessage, Transition
from vigil.model.severity import Severity
from vigil.model.stream import LogStreamConfig, Stream, StreamStatus
from vigil.model.suspect import Ground, Proof, Suspect

_MESSAGE = AlertMessage(
    key="v1-0123456789abcdef",
    transition=Transition.OPENED,
    alert_id="v1-alert",
    incident_id="v1-incident",
    severity=Severity.CRITICAL,
    title="POST /payment fails",
    why="38 of 40 requests failed, usually 0 of 42",
    since=datetime(2026, 1, 20, 10, 30, 15, tzinfo=UTC),
    root_cause="shop-payment POST /payment",
    affected=("POST /payment", "POST /checkout"),
    steps=("Read the payment service's log", "Roll back its last release"),
    url="https://vigil.example/alerts/v1-alert",
)


def alert_message(**changes: object) -> AlertMessage:
    """Return a whole message about a failing payment, with `changes`."""
    return replace(_MESSAGE, **changes)  # type: ignore[arg-type]  # each test names real fields


NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)

_ANOMALY = Anomaly(
    anomaly_id="v1-anomaly",
    tenant_id="acme",
    anomaly_type=AnomalyType.ERROR_SPIKE,
    severity=Severity.HIGH,
    service="shop",
    endpoint="POST /payment",
    description="38 of 40 requests failed, usually 0 of 42",
    confidence=0.95,
    window_started_at=NOON,
    started_at=NOON + timedelta(seconds=3),
    detected_at=NOON + timedelta(seconds=60),
)


def anomaly(**changes: object) -> Anomaly:
    """Return an anomaly of a failing payment, with `changes`."""
    return replace(_ANOMALY, **changes)  # type: ignore[arg-type]  # each test names real fields


_INCIDENT = Incident(
    incident_id="INC-1768910460-8eb7bb",
    tenant_id="acme",
    status=IncidentStatus.OPEN,
    severity=Severity.HIGH,
    title="Error spike in POST /payment",
    root_cause=RootCause(
        anomaly_id="v1-anomaly",
        service="shop",
        endpoint="POST /payment",
        issue="38 of 40 requests failed, usually 0 of 42",
        confidence=1.0,
        reason="POST /payment alone is affected",
    ),
    affected=(_ANOMALY.series,),
    anomaly_ids=("v1-anomaly",),
    anomaly_count=1,
    started_at=_ANOMALY.started_at,
    first_detected_at=_ANOMALY.detected_at,
    last_detected_at=_ANOMALY.detected_at,
)


def incident(**changes: object) -> Incident:
    """Return the incident of that one anomaly, with `changes`."""
    return replace(_INCIDENT, **changes)  # type: ignore[arg-type]  # each test names real fields


_ALERT = Alert(
    alert_id="v1-alert",
    tenant_id="acme",
    fingerprint="v1:0123456789abcdef0123456789abcdef",
    incident_id=_INCIDENT.incident_id,
    status=AlertStatus.OPEN,
    severity=Severity.HIGH,
    title=_INCIDENT.title,
    anomaly=_ANOMALY,
    anomaly_count=1,
    created_at=_INCIDENT.first_detected_at,
    updated_at=_INCIDENT.last_detected_at,
)


def alert(**changes: object) -> Alert:
    """Return the open alert of that incident, with `changes`."""
    return replace(_ALERT, **changes)  # type: ignore[arg-type]  # each test names real fields


_LOG_ENTRY = LogEntry(
    digest="00000000000000a1",
    project_id="shop-project",
    log_id="requests",
    service="shop",
    endpoint="POST /payment",
    occurred_at=NOON,
    received_at=NOON + timedelta(seconds=1),
    severity=LogSeverity.INFO,
    message="POST /payment 200",
    status=200,
    latency_us=180_000,
)


def log_entry(**changes: object) -> LogEntry:
    """Return the entry of a payment that went well at noon, with `changes`."""
    return replace(_LOG_ENTRY, **changes)  # type: ignore[arg-type]  # each test names real fields


_STREAM = Stream(
    stream_id="v1-stream",
    tenant_id="acme",
    config=LogStreamConfig("acme-prod"),
    status=StreamStatus.ACTIVE,
    created_at=NOON,
    created_by="ci",
    sink_name="vigil-v1-stream",
    writer_identity="serviceAccount:acme-prod@logging.example",
)


def stream(**changes: object) -> Stream:
    """Return the active stream of a whole project, with `changes`."""
    return replace(_STREAM, **changes)  # type: ignore[arg-type]  # each test names real fields


def raw_entry(**fields: object) -> dict[str, object]:
    """Return a Cloud Logging entry of a service called cart at NOON, with `fields` replaced."""
    entry: dict[str, object] = {
        "logName": "projects/shop/logs/stdout",
        "timestamp": "2026-01-20T12:00:00Z",
        "receiveTimestamp": "2026-01-20T12:00:01Z",
        "insertId": "a1",
        "severity": "INFO",
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "cart"}},
    }
    return entry | fields


_STORY = replace(
    _INCIDENT,
    trace_id="0123456789abcdef0123456789abcdef",
    alert_id=_ALERT.alert_id,
    reasons={"v1-anomaly": "calls POST /charge in 98% of its requests"},
    suspects=(
        Suspect(
            "bank",
            "POST /charge",
            0.87,
            (
                Proof(Ground.ERRORS, "36 failing traces end in it", 2.5),
                Proof(Ground.CHANGE, "its revision is 4 minutes old", 1.0),
            ),
        ),
        Suspect("shop", "", 0.08, (Proof(Ground.LOGS, "logs a line that is new", 0.5),)),
    ),
    changes=(
        Change(
            "v1-change",
            "acme",
            ChangeKind.REVISION,
            "bank",
            "revision bank-00042",
            NOON - timedelta(minutes=4),
        ),
    ),
    differences=(
        Difference(
            "bank",
            "revision",
            "bank-00042",
            share=1.0,
            usual_share=0.0,
            count=38,
            total=38,
            text="all 38 failures are of revision bank-00042, usually none",
        ),
    ),
    impact=Impact(
        requests=40,
        failed=38,
        users=17,
        user_share=0.31,
        budget_burned=0.02,
        spread=("bank", "shop"),
    ),
    steps=(IncidentStep(StepKind.REOPENED, NOON + timedelta(minutes=9), "kim", "still failing"),),
)


def told_incident(**changes: object) -> Incident:
    """Return that incident with all that can be told of one, with `changes`."""
    return replace(_STORY, **changes)  # type: ignore[arg-type]  # each test names real fields
