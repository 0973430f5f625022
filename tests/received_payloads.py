"""Bodies as Alertmanager and Cloud Monitoring send them, written by hand."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import orjson

from tests.builders import NOON
from tests.vigil_in_memory import VigilInMemory
from vigil.model.api_key import Role
from vigil.model.received_alert import AlertSource
from vigil.workflows.access import make_key
from vigil.workflows.receive_alerts import Answer

GROUP_KEY = '{}/{team="shop"}:{alertname="HighErrorRate"}'
NEVER = "0001-01-01T00:00:00Z"


def raised(name: object = "HighErrorRate", **changes: object) -> dict[str, object]:
    """Return a firing alert of the service checkout as Alertmanager sends it, with `changes`.

    `severity`, `service` and `instance` change its labels.
    """
    labels = {"alertname": name, "severity": "critical", "service": "checkout"}
    named = {k: changes.pop(k) for k in ("severity", "service", "instance") if k in changes}
    alert: dict[str, object] = {
        "status": "firing",
        "labels": labels | named,
        "annotations": {
            "summary": f"{name}: 38 % of the requests fail",
            "description": "More than 5 % for ten minutes.",
            "runbook_url": "https://runbooks.example/high-error-rate",
        },
        "startsAt": NOON.isoformat(),
        "endsAt": NEVER,
        "generatorURL": "http://prometheus.example:9090/graph?g0.expr=rate",
        "fingerprint": "c4ffee00c4ffee00",
    }
    return alert | changes


def over(
    alert: Mapping[str, object], at: datetime = NOON + timedelta(hours=1)
) -> dict[str, object]:
    """Return an alert as it is sent when it is over."""
    return {**alert, "status": "resolved", "endsAt": at.isoformat()}


def alertmanager(alerts: Sequence[object] | None = None, **changes: object) -> dict[str, object]:
    """Return a body of version 4 around `alerts`, one that fires if None, with `changes`."""
    alerts = [raised()] if alerts is None else alerts
    firing = any(isinstance(a, dict) and a.get("status") == "firing" for a in alerts)
    body: dict[str, object] = {
        "version": "4",
        "groupKey": GROUP_KEY,
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": "vigil",
        "groupLabels": {"alertname": "HighErrorRate"},
        "commonLabels": {"alertname": "HighErrorRate", "team": "shop"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example:9093",
        "alerts": list(alerts),
        "notification_reason": "new_alerts",
    }
    return body | changes


def cloud_monitoring(**changes: object) -> dict[str, object]:
    """Return the body of an open incident of a Cloud Run service, with `changes` to that."""
    incident: dict[str, object] = {
        "incident_id": "0.n4g3xq7k1c2d",
        "scoping_project_id": "shop",
        "scoping_project_number": 123456789012,
        "url": "https://console.example/monitoring/alerting/incidents/0.n4g3xq7k1c2d?project=shop",
        "started_at": int(NOON.timestamp()),
        "ended_at": None,
        "state": "open",
        "severity": "Critical",
        "summary": "Request latency of cart is above 2 s",
        "observed_value": "3.125",
        "threshold_value": "2",
        "resource": {
            "type": "cloud_run_revision",
            "labels": {"service_name": "cart", "location": "europe-west1", "project_id": "shop"},
        },
        "resource_id": "",
        "resource_name": "shop cart",
        "resource_display_name": "cart",
        "resource_type_display_name": "Cloud Run Revision",
        "metric": {
            "type": "run.googleapis.com/request_latencies",
            "displayName": "Request latency",
            "labels": {"response_code_class": "2xx"},
        },
        "metadata": {"system_labels": {}, "user_labels": {}},
        "policy_name": "Slow requests",
        "policy_user_labels": {"team": "shop"},
        "condition": {"name": "projects/shop/alertPolicies/1/conditions/2"},
        "condition_name": "Latency above 2 s",
        "documentation": {"content": "Look at the database first.", "mime_type": "text/markdown"},
    }
    return {"version": "1.2", "incident": incident | changes}


class Sender:
    """Somebody who sends alerts of tenant acme to an installation in memory."""

    def __init__(self, vigil: VigilInMemory, role: Role = Role.SENDER) -> None:
        self._vigil = vigil
        secret = role.value.ljust(43, "x")
        self.key, kept = make_key("acme", name="prometheus", role=role, now=NOON, secret=secret)
        vigil.database.commit([vigil.store.api_keys.put(kept.key_hash, kept)])

    def post(
        self,
        source: AlertSource,
        body: object,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to a call; with the key, unless headers are given."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return self._vigil.workflows.receive_alerts.answer(
            source,
            headers=headers if headers is not None else {"Authorization": f"Bearer {self.key}"},
            query=query or {},
            body=content,
        )

    def send(self, *alerts: object, **changes: object) -> None:
        """Send alerts as Alertmanager does, and let everything follow from it."""
        answer = self.post(AlertSource.ALERTMANAGER, alertmanager(alerts, **changes))
        assert answer.status == 200, answer.body
        self._vigil.deliver()

    def send_incident(self, **changes: object) -> None:
        """Send an incident as Cloud Monitoring does, and let everything follow from it."""
        answer = self.post(AlertSource.CLOUD_MONITORING, cloud_monitoring(**changes))
        assert answer.status == 200, answer.body
        self._vigil.deliver()
