"""A resource by name, a database or a host, that the evidence of two series names."""

import re

from vigil.incidents.joining.strayed import Strayed
from vigil.model.anomaly import AnomalyType

# A name that says which one it is has more than letters: "cart-db", "db1", "10.0.0.7".
_NAMED = re.compile(
    r"\b(?:host|server|database|db|pool|cluster|instance|broker|cache|bucket|queue|topic|disk)"
    r"(?:name)?[\"']?\s*[:= ]\s*[\"']?(?=[a-z]*[-\d.])([a-z0-9][\w.-]{2,63})",
    re.IGNORECASE | re.ASCII,
)
_ABOUT_A_RESOURCE = frozenset({AnomalyType.ERROR_SPIKE, AnomalyType.RESOURCE_EXHAUSTION})


def names_in(text: str) -> frozenset[str]:
    """Return the names of resources in a line.

    >>> sorted(names_in("connection pool cart-db-pool is full, host=10.0.0.7; database is locked"))
    ['10.0.0.7', 'cart-db-pool']
    """
    return frozenset(name.lower().rstrip(".-") for name in _NAMED.findall(text))


def shared_resource(one: Strayed, other: Strayed) -> str | None:
    """Return the resource that failing lines of both name, the first by name, None without one.

    One of them at least has to have found that a resource is exhausted.
    """
    exhausted = [
        anomaly.anomaly_type is AnomalyType.RESOURCE_EXHAUSTION
        for anomaly in (*one.anomalies, *other.anomalies)
    ]
    return min(_names(one) & _names(other), default=None) if any(exhausted) else None


def _names(strayed: Strayed) -> frozenset[str]:
    lines = [
        seen.exemplar
        for anomaly in strayed.anomalies
        if anomaly.anomaly_type in _ABOUT_A_RESOURCE
        for seen in anomaly.evidence
    ]
    return frozenset(name for line in lines for name in names_in(line))
