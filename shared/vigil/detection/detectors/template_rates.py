"""How often each template comes, as a share of what is logged."""

from collections.abc import Callable, Collection, Mapping
from math import ceil
from typing import Any

from vigil.detection import negative_binomial
from vigil.detection.warm_up import Need

# Room for the templates of one series that are in use; those longest unseen make room.
TEMPLATES = 48
# A week of minutes: what was said longer ago counts half.
_HALF_LIFE_SECONDS = 7 * 86_400
# Before the first entry: one template in so many entries is thought to be no news.
_PRIOR_SHAPE = 0.5
_PRIOR_ENTRIES = 50.0
# Errors come in clumps: a retry, a loop. So many lines count as one event.
_CLUMP = 2
# Rates breathe by a quarter of themselves.
_MOST_SHAPE = 16.0
_READY_WINDOWS = 30
_READY_ENTRIES = 1000
_LITTLE = 0.05


class TemplateRates:
    """Gives the chance that a template comes so often among so many entries.

    Each template's rate has a Gamma distribution: `_PRIOR_SHAPE` events before any was seen, in all
    entries that ever came, so that a template that was never seen is the less expected the more has
    been seen. What was seen is forgotten with a half-life of a week.

    >>> rates = TemplateRates()
    >>> for minute in range(60):
    ...     rates.learn_one({"declined": 2}, 100, 60 * minute)
    >>> rates.chance("declined", 4, 100) > 0.01, rates.chance("lost", 8, 100) < 1e-6
    (True, True)
    """

    def __init__(self) -> None:
        self._entries = 0.0
        self._windows = 0
        self._learned_at = 0
        # By template: events, forgotten by degrees; when it came last.
        self._seen: dict[str, tuple[float, int]] = {}

    @property
    def ready(self) -> bool:
        """Whether enough has been seen to say what is usual."""
        return self._windows >= _READY_WINDOWS and self._entries >= _READY_ENTRIES

    def needs(self) -> list[Need]:
        """Return what it is `ready` with; of a week ago half of the entries count."""
        return [
            Need(self._windows, _READY_WINDOWS, "windows"),
            Need(int(self._entries), _READY_ENTRIES, "entries"),
        ]

    @property
    def windows(self) -> int:
        """How many windows have been learned."""
        return self._windows

    @property
    def tries(self) -> int:
        """How many templates could have been the least expected one."""
        return len(self._seen) + 1

    def known(self, template: str) -> bool:
        """Whether a template has been seen."""
        return template in self._seen

    def expected(self, template: str, entries: int) -> float:
        """Return how often a template usually comes among `entries`; 0 if it never did."""
        events, _ = self._seen.get(template, (0.0, 0))
        return events * _CLUMP * entries / (self._entries + _PRIOR_ENTRIES)

    def before(self, template: str) -> tuple[float, float]:
        """Return how often a template has come, among how many entries."""
        events, _ = self._seen.get(template, (0.0, 0))
        return events * _CLUMP, self._entries

    def resolved(self, resolve: Callable[[str], str]) -> "TemplateRates":
        """Return the rates after templates were joined: `resolve` gives the id that each has now.

        >>> rates = TemplateRates()
        >>> rates.learn_one({"of ann": 4, "of ben": 2}, 100, 0)
        >>> joined = rates.resolved({"of ann": "of", "of ben": "of"}.get)
        >>> joined.known("of ann"), joined.known("of")
        (False, True)
        """
        if all([resolve(template) == template for template in self._seen]):
            return self
        joined: dict[str, tuple[float, int]] = {}
        for template, (events, last) in sorted(self._seen.items()):
            known_events, known_last = joined.get(resolve(template), (0.0, 0))
            joined[resolve(template)] = _rounded(known_events + events), max(known_last, last)
        rates = TemplateRates.from_json(self.to_json())
        rates._seen = joined
        return rates

    def chance(self, template: str, count: int, entries: int) -> float:
        """Return how likely a template comes `count` times or more among `entries`."""
        events, _ = self._seen.get(template, (0.0, 0))
        shape = events + _PRIOR_SHAPE
        mean = shape * entries / (self._entries + _PRIOR_ENTRIES)
        clumps = ceil(count / _CLUMP)
        return negative_binomial.upper_tail(clumps, shape=min(shape, _MOST_SHAPE), mean=mean)

    def learn_one(
        self, counts: Mapping[str, int], entries: int, at: int, *, strayed: Collection[str] = ()
    ) -> None:
        """Learn how often each template came among `entries` of the window that began `at`.

        Of those that `strayed` little is learned.
        """
        kept = 0.5 ** (max(at - self._learned_at, 0) / _HALF_LIFE_SECONDS) if self._windows else 1.0
        self._entries = _rounded(self._entries * kept + entries)
        self._windows += 1
        self._learned_at = at
        self._seen = {
            t: (_rounded(events * kept), last) for t, (events, last) in self._seen.items()
        }
        for template, count in counts.items():
            if count:
                events, _ = self._seen.get(template, (0.0, 0))
                weight = _LITTLE if template in strayed else 1.0
                self._seen[template] = (_rounded(events + weight * ceil(count / _CLUMP)), at)
        if len(self._seen) > TEMPLATES:
            latest = sorted(self._seen.items(), key=lambda item: (-item[1][1], item[0]))
            self._seen = dict(sorted(latest[:TEMPLATES]))

    def to_json(self) -> list[Any]:
        """Return its state as plain values."""
        seen = {template: list(each) for template, each in self._seen.items()}
        return [self._entries, self._windows, self._learned_at, seen]

    @classmethod
    def from_json(cls, plain: list[Any]) -> "TemplateRates":
        """Return what `to_json` gave."""
        rates = cls()
        rates._entries, rates._windows, rates._learned_at, seen = plain
        rates._seen = {template: (events, last) for template, (events, last) in seen.items()}
        return rates


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")
