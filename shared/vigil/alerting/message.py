"""What a notification says."""

from vigil.model.alert import Alert
from vigil.model.incident import Incident
from vigil.model.notification import AlertMessage, Transition
from vigil.model.verdict import cause_in_words

MAX_STEPS = 6


def compose(
    alert: Alert, incident: Incident, transition: Transition, *, key: str, url: str
) -> AlertMessage:
    """Return the message that tells of `transition`.

    `url` is the page of the alert, `key` the notification's. Title and severity are the alert's.
    The steps are the explanation's if there is one, and otherwise what the root anomaly recommends.
    That it is over is told with its note, and without anything left to do.
    """
    over = transition is Transition.RESOLVED
    explained = incident.explanation.steps if incident.explanation else ()
    return AlertMessage(
        key=key,
        transition=transition,
        alert_id=alert.alert_id,
        incident_id=incident.incident_id,
        severity=alert.severity,
        title=alert.title,
        why=incident.root_cause.issue,
        since=incident.started_at,
        root_cause=cause_in_words(incident),
        affected=tuple(dict.fromkeys(str(series) for series in incident.affected)),
        steps=() if over else (explained or alert.anomaly.recommended_actions)[:MAX_STEPS],
        url=url,
        note=alert.resolution_note if over else None,
    )
