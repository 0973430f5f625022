"""How bad an anomaly, an incident or an alert is."""

from enum import StrEnum


class Severity(StrEnum):
    """How bad it is, in the words that the API speaks.

    Compare by `rank`: as text they would sort by spelling.

    >>> Severity.HIGH.rank < Severity.CRITICAL.rank
    True
    """

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical."""
        return tuple(Severity).index(self)

    @property
    def pages(self) -> bool:
        """Whether it is worth waking someone for."""
        return self in (Severity.HIGH, Severity.CRITICAL)
