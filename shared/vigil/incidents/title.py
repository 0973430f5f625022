"""What an incident is called."""

from collections.abc import Collection

from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.series import Series

_KINDS = {
    AnomalyType.ERROR_SPIKE: "Error spike",
    AnomalyType.LATENCY_INCREASE: "Latency spike",
    AnomalyType.UNUSUAL_PATTERN: "Unusual pattern",
    AnomalyType.RESOURCE_EXHAUSTION: "Resource exhaustion",
    AnomalyType.SECURITY_INCIDENT: "Security incident",
    AnomalyType.PERFORMANCE_DEGRADATION: "Performance degradation",
}


def called(anomaly: Anomaly) -> str:
    """Return what an anomaly is called: its kind, or the name that others gave their alert."""
    if anomaly.is_received:
        return anomaly.evidence[0].template
    return _KINDS[anomaly.anomaly_type]


def title(what: str, root: Series, affected: Collection[Series]) -> str:
    """Return what happened, where, and how far it reaches.

    >>> payment, checkout = Series("shop", "POST /payment"), Series("shop", "POST /checkout")
    >>> title("Latency spike", payment, [payment, checkout])
    'Latency spike in POST /payment, 2 endpoints affected'
    >>> title("Error spike", payment, [payment])
    'Error spike in POST /payment'
    """
    reach = f", {counted(affected)} affected" if len(affected) > 1 else ""
    return f"{what} in {root}{reach}"


def counted(affected: Collection[Series]) -> str:
    """Return how many there are and what they are.

    >>> counted([Series("shop", "POST /payment")]), counted([Series("mail"), Series("shop")])
    ('1 endpoint', '2 services')
    >>> counted([Series("mail"), Series("shop", "POST /payment")])
    '2 endpoints and services'
    """
    with_endpoint = sum(1 for series in affected if series.endpoint)
    ending = "" if len(affected) == 1 else "s"
    if with_endpoint == len(affected):
        return f"{len(affected)} endpoint{ending}"
    if not with_endpoint:
        return f"{len(affected)} service{ending}"
    return f"{len(affected)} endpoints and services"


def listed(names: Collection[str], *, at_most: int = 2) -> str:
    """Return names (at least one) for a sentence; what is beyond `at_most` is only counted.

    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c", "d"])
    ('a', 'a and b', 'a, b and 2 others')
    """
    shown = list(names)[:at_most]
    hidden = len(names) - len(shown)
    if hidden:
        shown.append("1 other" if hidden == 1 else f"{hidden} others")
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
