"""Requests, and how many of them failed."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counted:
    """How many requests there were, and how many of them failed; both fade, so they are not whole.

    >>> both = Counted(8.0, 1.0)
    >>> both.add(Counted(4.0, 2.0), 0.5)
    >>> both
    Counted(requests=10.0, failed=2.0)
    """

    requests: float = 0.0
    failed: float = 0.0

    def add(self, other: "Counted", weight: float = 1.0) -> None:
        """Add other requests, each counting `weight` times."""
        self.requests += other.requests * weight
        self.failed += other.failed * weight
