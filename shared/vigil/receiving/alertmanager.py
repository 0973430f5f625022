"""The body that Alertmanager posts to a webhook, version 4 (FAULTS A21).

Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from datetime import datetime
from functools import partial

from vigil.errors import InvalidRequest
from vigil.logs.fields import Fields, first_text, whole_of
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

VERSION = "4"
MOST_ALERTS = 10_000
# What a person would call a service, the plainest first; a job is what was scraped.
_SERVICE = (
    "service",
    "service_name",
    "app",
    "app_kubernetes_io_name",
    "application",
    "job",
    "deployment",
    "statefulset",
    "container",
    "namespace",
)
_SEVERITY = ("severity", "priority", "level")
_SUMMARY = ("summary", "title", "message")
_RESOLVED = ReceivedStatus.RESOLVED
_URL_READ = 4096
_KEY_READ = 64 * 1024


def parse_alertmanager(body: Fields, *, tenant_id: str, now: datetime) -> Received:
    """Return the alerts of a body; raise InvalidRequest if it is none of Alertmanager's.

    A body of another version is taken as far as it can be read. What has no time or no labels
    cannot be known again: it is left out with its reason, and the others are taken. Unknown fields
    are passed over.
    """
    listed = body.get("alerts")
    if not isinstance(listed, list):
        raise InvalidRequest("this is no body of Alertmanager's: it has no list of alerts")
    whole = status_of(first_text(body, ("status",)))
    taken = Taken()
    for number, fields in enumerate(listed[:MOST_ALERTS]):
        taken.take(f"alerts[{number}]", partial(_alert, fields, whole, tenant_id, now))
    left_out = len(listed) - MOST_ALERTS
    if left_out > 0:
        taken.problems += [f"alerts[{MOST_ALERTS}] and after: too many for one body"] * left_out
    return Received(
        source=AlertSource.ALERTMANAGER,
        group_key=_group_key(body),
        status=whole or ReceivedStatus.FIRING,
        alerts=tuple(taken.alerts),
        problems=tuple(taken.problems),
        warnings=_warnings(body),
        truncated=max(0, whole_of(body.get("truncatedAlerts")) or 0),
    )


def _alert(
    fields: object, whole: ReceivedStatus | None, tenant_id: str, now: datetime
) -> ReceivedAlert:
    if not isinstance(fields, dict):
        raise UnusableAlert("not an object")
    labels = texts_of(fields.get("labels"))
    if not labels:
        raise UnusableAlert("it has no labels")
    said = first_text(fields, ("status",))
    status = status_of(said) if said else whole
    if status is None:
        raise UnusableAlert("status is neither firing nor resolved")
    annotations = texts_of(fields.get("annotations"))
    return ReceivedAlert(
        fingerprint=fingerprint_of(tenant_id, labels),
        status=status,
        severity=severity_of(labels[name] for name in _SEVERITY if name in labels),
        name=shown_name(labels.get("alertname", "")) or "Alert",
        service=shown_name(first_of(labels, _SERVICE)) or UNKNOWN_SERVICE,
        starts_at=start_of(fields, "startsAt", now),
        # While it fires, this is the year 1 or a guess.
        ends_at=parse_timestamp(fields.get("endsAt")) if status is _RESOLVED else None,
        summary=shown_text(first_of(annotations, _SUMMARY)),
        description=shown_text(annotations.get("description", "")),
        generator_url=link_of(first_text(fields, ("generatorURL",), _URL_READ)),
        labels=shown_labels(labels),
        annotations=shown_annotations(annotations),
    )


def _group_key(body: Fields) -> str:
    """Return the sender's name of the group; a templated body may have left it out."""
    key = first_text(body, ("groupKey",), _KEY_READ)
    labels = texts_of(body.get("groupLabels")) or texts_of(body.get("commonLabels"))
    return key or repr(sorted(labels.items()))


def _warnings(body: Fields) -> tuple[str, ...]:
    if str(body.get("version")) == VERSION:
        return ()
    return (f"only version {VERSION} of this body is known; it was read as if it were that",)
