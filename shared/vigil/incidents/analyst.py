"""The analyst that needs no model: it says what the statistics found, in sentences."""

from collections.abc import Sequence
from datetime import UTC, datetime

from vigil.incidents.root_cause import precedence
from vigil.incidents.title import counted, listed
from vigil.model.anomaly import Anomaly
from vigil.model.explanation import Explanation
from vigil.model.identity import content_id
from vigil.model.incident import Incident
from vigil.model.series import Series
from vigil.model.verdict import cause_caution, cause_confidence, cause_in_words

AUTHOR = "heuristic"
MAX_STEPS = 6


def explain(incident: Incident, anomalies: Sequence[Anomaly], *, now: datetime) -> Explanation:
    """Explain an incident from its `anomalies`, as far as they are kept (there may be none).

    What it says follows from its arguments alone and it claims nothing that correlation did not
    find. The fingerprint changes when the incident gets another anomaly. The evidence is, root
    cause first, the first anomaly of each affected series.
    """
    cause = incident.root_cause
    ranked = _root_first(anomalies, cause.anomaly_id)
    return Explanation(
        fingerprint=content_id(AUTHOR, incident.incident_id, *sorted(incident.anomaly_ids)),
        author=AUTHOR,
        summary=_summary(incident),
        cause=f"{_sentence(cause.issue)} {_sentence(cause_in_words(incident))}",
        confidence=round(cause_confidence(incident), 2),
        evidence_ids=_first_of_each_series(ranked),
        steps=_steps(ranked),
        created_at=now,
    )


def _root_first(anomalies: Sequence[Anomaly], root_id: str) -> list[Anomaly]:
    return sorted(anomalies, key=lambda a: (a.anomaly_id != root_id, precedence(a)))


def _first_of_each_series(ranked: Sequence[Anomaly]) -> tuple[str, ...]:
    firsts: dict[Series, str] = {}
    for anomaly in ranked:
        firsts.setdefault(anomaly.series, anomaly.anomaly_id)
    return tuple(firsts.values())


def _steps(ranked: Sequence[Anomaly]) -> tuple[str, ...]:
    steps = dict.fromkeys(step for anomaly in ranked for step in anomaly.recommended_actions)
    return tuple(steps)[:MAX_STEPS]


def _summary(incident: Incident) -> str:
    since = incident.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{incident.title} since {since} UTC. {_what_follows(incident)}"


def _what_follows(incident: Incident) -> str:
    cause = incident.root_cause
    root = Series(cause.service, cause.endpoint)
    others = [str(series) for series in incident.affected if series != root]
    if not others:
        return "Nothing else is affected."
    reach = f"{counted(incident.affected)} in {incident.anomaly_count} anomalies"
    if cause_caution(incident):
        return f"{listed([str(root), *others], at_most=4)} strayed ({reach})."
    return f"{root} is blamed for {listed(others, at_most=3)} ({reach})."


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
