"""A resource by name, a database or a host, that the evidence of two series names."""

import re

from vigil.incidents.joining.strayed import Strayed
from vigil.model.anomaly import AnomalyType

# A name that says which one it is has more than letters: "cart-db", "db1".
_NAME = r"(?=[a-z]*[-\d.])([a-z0-9][\w.-]{2,63})"
_NAMED = re.compile(
    "|".join(
        [
            r"\b(?:host|server|database|db|pool|cluster|instance|broker|cache|bucket|queue|topic|disk)"
            rf"(?: ?name)?[\"']?\s*[:= ]\s*[\"']?{_NAME}",
            rf"\bserver (?:at|on) [\"']?{_NAME}",
            r"\b(?:dial tcp: lookup|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|connect(?:ing)? to) (?=[a-z])"
            rf"{_NAME}",
            # As drivers are told where to connect, and as they tell it.
            rf"\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?)://"
            rf"(?:[^@/\s]*@)?{_NAME}",
            rf"\b(?=[a-z]){_NAME}:(?:1433|1521|3306|5432|5672|6379|9092|11211|27017)\b",
        ]
    ),
    re.IGNORECASE | re.ASCII,
)
# Everybody has one of these.
_NOBODYS = re.compile(r"127\.|0\.0\.0\.0|localhost|(?:hikari)?pool-\d")
_ABOUT_A_RESOURCE = frozenset(
    {AnomalyType.ERROR_SPIKE, AnomalyType.RESOURCE_EXHAUSTION, AnomalyType.RECEIVED_ALERT}
)


def names_in(text: str) -> frozenset[str]:
    """Return the names of resources in a line.

    >>> sorted(names_in("connection pool cart-db-pool is full, host=db1; database is locked"))
    ['cart-db-pool', 'db1']
    """
    found = {str(match[match.lastindex or 0]).lower() for match in _NAMED.finditer(text)}
    return frozenset(name.rstrip(".-") for name in found if not _NOBODYS.match(name))


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
