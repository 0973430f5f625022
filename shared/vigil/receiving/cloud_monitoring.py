"""The body in which Cloud Monitoring tells of an incident, by webhook and by Pub/Sub (FAULTS A21).

Source: https://cloud.google.com/monitoring/support/notification-options#webhooks
"""

from datetime import datetime
from functools import partial

from vigil.errors import InvalidRequest
from vigil.logs.fields import Fields, first_text, number_of, object_at
from vigil.logs.timestamp import parse_timestamp
from vigil.model.received_alert import (
    UNKNOWN_SERVICE,
    AlertSource,
    ReceivedAlert,
    ReceivedStatus,
)
from vigil.receiving.received import (
    Received,
    Taken,
    UnusableAlert,
    fingerprint_of,
    start_of,
    status_of,
)
from vigil.receiving.severity_words import severity_of
from vigil.receiving.texts import (
    first_of,
    link_of,
    shown_annotations,
    shown_labels,
    shown_name,
    shown_text,
    texts_of,
)

_SERVICE = (
    "service_name",
    "function_name",
    "container_name",
    "module_id",
    "service",
    "database_id",
    "cluster_name",
    "instance_id",
    "host",
)
_VERSIONS = ("1.2", "1.1", "1.0")
_READ = 16 * 1024


def scoping_project(body: Fields) -> str:
    """Return the project whose incident it is, "" if it names none."""
    return first_text(object_at(body, "incident"), ("scoping_project_id",))


def parse_cloud_monitoring(body: Fields, *, tenant_id: str, now: datetime) -> Received:
    """Return the one alert of a body; raise InvalidRequest if it is none of Cloud Monitoring's.

    A test notification has none. An incident that cannot be used is left out with its reason.
    """
    incident = body.get("incident")
    if not isinstance(incident, dict):
        raise InvalidRequest("this is no body of Cloud Monitoring's: it has no incident")
    labels = _labels(incident)
    status = status_of(first_text(incident, ("state",)))
    taken = Taken()
    is_test = _is_test(body, incident)
    if not is_test:
        taken.take("incident", partial(_alert, incident, labels, status, tenant_id, now))
    return Received(
        source=AlertSource.CLOUD_MONITORING,
        group_key=_group_key(incident, labels),
        status=status or ReceivedStatus.FIRING,
        alerts=tuple(taken.alerts),
        problems=tuple(taken.problems),
        warnings=_warnings(body),
        is_test=is_test,
    )


def _alert(
    incident: Fields,
    labels: dict[str, str],
    status: ReceivedStatus | None,
    tenant_id: str,
    now: datetime,
) -> ReceivedAlert:
    incident_id = first_text(incident, ("incident_id",))
    if not incident_id:
        raise UnusableAlert("it has no incident_id")
    if status is None:
        raise UnusableAlert("state is neither open nor closed")
    user_labels = texts_of(incident.get("policy_user_labels"))
    # Two incidents of one policy can have the same labels, and each ends for itself.
    identity = {**labels, "incident_id": incident_id}
    return ReceivedAlert(
        fingerprint=fingerprint_of(tenant_id, identity),
        status=status,
        severity=severity_of(
            [first_text(incident, ("severity",)), user_labels.get("severity", "")]
        ),
        name=_name(incident),
        service=_service(incident, labels),
        starts_at=start_of(incident, "started_at", now),
        ends_at=parse_timestamp(incident.get("ended_at")),
        summary=shown_text(first_text(incident, ("summary",), _READ)) or _measured(incident),
        description=shown_text(_documentation(incident)),
        generator_url=link_of(first_text(incident, ("url",), _READ)),
        labels=shown_labels(identity),
        annotations=shown_annotations(_annotations(incident)),
    )


def _is_test(body: Fields, incident: Fields) -> bool:
    """Whether it only asks if somebody is there: its id is all zeros, or it says so."""
    incident_id = first_text(incident, ("incident_id",))
    is_nothing = bool(incident_id) and not incident_id.strip("0.")
    return is_nothing or body.get("test") is True or incident.get("test") is True


def _labels(incident: Fields) -> dict[str, str]:
    """Return what is wrong where, as labels: policy, condition, resource and metric."""
    resource, metric = object_at(incident, "resource"), object_at(incident, "metric")
    named = {
        "project_id": first_text(incident, ("scoping_project_id",)),
        "policy": first_text(incident, ("policy_name",)),
        "condition": first_text(incident, ("condition_name",)),
        "resource_type": first_text(resource, ("type",)),
        "metric_type": first_text(metric, ("type",)),
    }
    return {
        **texts_of(metric.get("labels")),
        **texts_of(resource.get("labels")),
        **{name: text for name, text in named.items() if text},
    }


def _name(incident: Fields) -> str:
    return shown_name(first_text(incident, ("policy_name", "condition_name"))) or "Incident"


def _service(incident: Fields, labels: dict[str, str]) -> str:
    resource = ("resource_display_name", "resource_name", "resource_type_display_name")
    users = texts_of(incident.get("policy_user_labels")).get("service", "")
    found = users or first_of(labels, _SERVICE) or first_text(incident, resource)
    return shown_name(found) or UNKNOWN_SERVICE


def _group_key(incident: Fields, labels: dict[str, str]) -> str:
    """Return what is one trouble: a policy's condition failing for one service.

    A policy may stand for a hundred instances of a service, and may watch many services.
    """
    parts = [labels.get(name, "") for name in ("project_id", "policy", "condition")]
    return "/".join([*parts, _service(incident, labels)])


def _measured(incident: Fields) -> str:
    """Return what was observed beside its threshold, where both are numbers."""
    observed = number_of(incident.get("observed_value"))
    threshold = number_of(incident.get("threshold_value"))
    if observed is None or threshold is None:
        return ""
    return f"observed {observed:g}, threshold {threshold:g}"


def _documentation(incident: Fields) -> str:
    written = incident.get("documentation")
    if isinstance(written, dict):
        return first_text(written, ("content", "subject"), _READ)
    return written if isinstance(written, str) else ""


def _annotations(incident: Fields) -> dict[str, str]:
    names = ("observed_value", "threshold_value", "resource_name", "condition_name")
    return {name: text for name, text in texts_of(incident).items() if name in names and text}


def _warnings(body: Fields) -> tuple[str, ...]:
    if str(body.get("version")) in _VERSIONS:
        return ()
    return (f"only version {_VERSIONS[0]} of this body is known; it was read as if it were that",)
