"""An anomaly as the API and the events show it; beside the noun, since several rooms show it."""

from vigil.model.anomaly import Anomaly
from vigil.model.instant import instant_as_text


def anomaly_as_json(anomaly: Anomaly) -> dict[str, object]:
    """Return an anomaly in the shape that the agent's clients know, with exactly these keys.

    `evidence_count` is how many entries its evidence stands for, `gemini_analysis` None until a
    model has spoken.
    """
    return {
        "anomaly_id": anomaly.anomaly_id,
        "anomaly_type": anomaly.anomaly_type.value,
        "severity": anomaly.severity.value,
        "service": anomaly.service,
        "description": anomaly.description,
        "gemini_analysis": anomaly.analysis,
        "evidence_count": sum(seen.count for seen in anomaly.evidence),
        "metrics": dict(anomaly.metrics),
        "detected_at": instant_as_text(anomaly.detected_at),
        "confidence_score": anomaly.confidence,
        "recommended_actions": list(anomaly.recommended_actions),
    }
