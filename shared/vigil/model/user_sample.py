"""A fair sample of requests and of failures, with the users who made them.

A few of the smallest random numbers of a stream are a sample of it that parts of the stream make
together (bottom-k: Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007). Here
the number is a part of the entry's digest, so what comes twice is there once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_SAMPLED = 128
# Of an entry's digest, which are hexadecimal.
DIGITS = 8

# The first DIGITS of an entry's digest, and the pseudonym of its user.
Sampled = tuple[str, str]


@dataclass(slots=True)
class UserSample:
    """Who made the MOST_SAMPLED failures, and the MOST_SAMPLED other requests, of smallest digest.

    Both are in rising order. Samples of parts merge into that of the whole, in any order. Of up to
    MOST_SAMPLED failures all are there. Of more, a user's share p of them is known with a standard
    error of sqrt(p (1 - p) / MOST_SAMPLED), 4.4 % at most, however many users there are: who makes
    many of them cannot be missed, as he could be if users were sampled.
    """

    failed: list[Sampled] = field(default_factory=list)
    well: list[Sampled] = field(default_factory=list)

    def add(self, failed: Iterable[Sampled], well: Iterable[Sampled]) -> None:
        """Add requests that failed, and others."""
        self.failed = _lowest([*self.failed, *failed])
        self.well = _lowest([*self.well, *well])

    def merge(self, other: "UserSample") -> None:
        """Add the requests of another."""
        self.add(other.failed, other.well)


def _lowest(requests: Iterable[Sampled]) -> list[Sampled]:
    return sorted(set(requests))[:MOST_SAMPLED]
