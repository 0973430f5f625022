"""Attempts that were refused in one window, and a fair sample of who made them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from vigil.detection.wording import Wording, wording_of
from vigil.logs.log_entry import LogEntry
from vigil.logs.masking import mask
from vigil.logs.source import DENIED
from vigil.model.log_severity import LogSeverity

# Among 32 attempts of a hundred, one source that made a fifth of them has six.
ATTEMPTS = 32
# Fewer than these in a sample of many are as good as chance.
_FEWEST_SAMPLED = 5
_DIGITS = 8
# A plain number compares faster than an enumeration's attribute is looked up.
_WARNING = int(LogSeverity.WARNING)


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many attempts were refused in a window, and who made the ATTEMPTS of smallest digest.

    An attempt is a request that was denied (401, 403), or a line without a status that fails or
    warns and says so. `attempts` are pairs of an entry's digest, cut to 32 bits, and the pseudonym
    of its source, "" for an unknown one. While there are no more than ATTEMPTS they are all there
    are, and what is said of sources is exact; beyond that they are a sample in which each attempt
    is as likely as any other, so that a source which makes many of them is in it. A sum and the k
    smallest: refusals merge to the same value in any order and grouping (FAULTS A02), and 16 bytes
    an attempt bound them (FAULTS A19).

    >>> attack = Refusals(40, tuple((f"{n:08x}", "3fa2b1") for n in range(32)))
    >>> attack.largest_source, attack.sources
    (('3fa2b1', 40), 1)
    """

    refused: int = 0
    attempts: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, entries: Iterable[LogEntry]) -> "Refusals":
        """Return the refusals among `entries`, which come in any order and none twice."""
        return cls.of_refused(
            [entry for entry in entries if is_refused(entry, wording_of(mask(entry.message)))]
        )

    @classmethod
    def of_refused(cls, entries: Iterable[LogEntry]) -> "Refusals":
        """Return the same of entries that are known to be refused."""
        attempts = [(entry.digest[:_DIGITS], entry.source or "") for entry in entries]
        return cls(len(attempts), _smallest(attempts)) if attempts else NONE_REFUSED

    def merged(self, other: "Refusals") -> "Refusals":
        """Return what both saw together."""
        if not other.refused:
            return self
        if not self.refused:
            return other
        return Refusals(self.refused + other.refused, _smallest([*self.attempts, *other.attempts]))

    @property
    def sources(self) -> int:
        """How many sources there are at least, those that are unknown left out."""
        return len({source for _, source in self.attempts if source})

    @property
    def largest_source(self) -> tuple[str, int]:
        """The source that made most attempts, and about how many; ("", 0) if none is known."""
        known = Counter([source for _, source in self.attempts if source])
        if not known:
            return "", 0
        source, sampled = min(known.items(), key=_most_first)
        return source, self._extended(sampled)

    def _extended(self, sampled: int) -> int:
        """Return how many attempts of all a source made that has so many of the sample.

        One attempt of it is known; of the others it has its share of the other sampled ones, which
        has no bias: a source that was seen once is taken to have come once, not once in every
        `refused / ATTEMPTS`.
        """
        in_sample = len(self.attempts)
        if in_sample == self.refused or sampled < _FEWEST_SAMPLED:
            return sampled
        return 1 + round((sampled - 1) * (self.refused - 1) / (in_sample - 1))


NONE_REFUSED = Refusals()


def is_refused(entry: LogEntry, wording: Wording) -> bool:
    """Whether an entry whose line has this `wording` is an attempt that was refused."""
    if entry.status is not None:
        return entry.status in DENIED
    return wording.refused and (entry.failed or entry.severity >= _WARNING)


def _smallest(attempts: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(attempts)[:ATTEMPTS])


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
