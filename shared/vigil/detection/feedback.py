"""What people say of findings, where detection goes by it."""

from dataclasses import replace

from vigil.detection.service_state import ServiceState, told_key
from vigil.detection.trust import MOST_NOISE
from vigil.model.anomaly import AnomalyType


def noise_of(state: ServiceState, endpoint: str, anomaly_type: AnomalyType) -> int:
    """Return how often, less how often not, people called such a finding noise: 0 to MOST_NOISE."""
    return state.feedback.get(told_key(endpoint, anomaly_type.value), 0)


def with_feedback(
    state: ServiceState, endpoint: str, anomaly_type: AnomalyType, change: int
) -> ServiceState:
    """Return the state in which such a finding is noise `change` times more; 0 to MOST_NOISE.

    It has to be the shard in which the endpoint lies.

    >>> doubted = with_feedback(ServiceState("cart"), "GET /", AnomalyType.ERROR_SPIKE, 2)
    >>> noise_of(doubted, "GET /", AnomalyType.ERROR_SPIKE)
    2
    >>> with_feedback(doubted, "GET /", AnomalyType.ERROR_SPIKE, -3) == ServiceState("cart")
    True
    """
    noise = min(max(noise_of(state, endpoint, anomaly_type) + change, 0), MOST_NOISE)
    key = told_key(endpoint, anomaly_type.value)
    others = {known: count for known, count in state.feedback.items() if known != key}
    return replace(state, feedback=others | {key: noise} if noise else others)
