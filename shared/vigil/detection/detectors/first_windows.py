"""A window beside the few that a series has shown before it."""

from vigil.detection.beta_binomial import upper_tail
from vigil.detection.chance import score_of

# Jeffreys' prior of a rate of which nothing is known.
_PRIOR = 0.5
# Before anything is known of how rates breathe, they vary by half of themselves.
_SPREAD = 0.25
_LITTLE = 0.05


def chance_beside(came: int, total: int, came_before: float, total_before: float) -> float:
    """Return how likely so many of `total` come by luck, beside how many came of those before.

    The upper tail of the beta-binomial distribution whose rate has Jeffreys' prior and what came
    before: a test whether two samples have one rate. Beside nothing nothing is unlikely.

    >>> chance_beside(5, 50, 0, 0), chance_beside(5, 50, 10, 100) > 0.4
    (1.0, True)
    >>> chance_beside(5, 50, 0, 1000) < 1e-4
    True
    """
    if not total_before:
        return 1.0
    weight = total_before + 2 * _PRIOR
    mean = min(came_before + _PRIOR, total_before + _PRIOR) / weight
    # The relative variance of Beta(came + 1/2, others + 1/2).
    uncertain = (1.0 - mean) / (mean * (weight + 1.0))
    return upper_tail(came, total, mean=mean, spread=uncertain + _SPREAD)


class FirstWindows:
    """Scores how many failed by how many did in the windows before, however few those are.

    For a series of which too little is known for a `LearnedErrorRate`. What failed from the first
    window on is a level and no news, and the first window has nothing that it could stray from.

    >>> first = FirstWindows()
    >>> first.score_one(30, 100)
    0.0
    >>> first.learn_one(30, 100)
    >>> first.score_one(32, 100) < 0.1, first.score_one(90, 100) > 0.3
    (True, True)
    """

    def __init__(self) -> None:
        self._failed = 0.0
        self._total = 0.0

    @property
    def usual(self) -> float | None:
        """The share that failed so far, 0..1; None if nothing was seen."""
        return self._failed / self._total if self._total else None

    def chance(self, failed: int, total: int) -> float:
        """Return how likely as many of a window fail by luck; changes nothing."""
        return chance_beside(failed, total, self._failed, self._total)

    def score_one(self, failed: int, total: int) -> float:
        """Return how unlikely it is, 0..1, that as many failed by luck; changes nothing."""
        return score_of(self.chance(failed, total))

    def learn_one(self, failed: int, total: int, *, strayed: bool = False) -> None:
        """Learn a window; of one that `strayed` little."""
        weight = _LITTLE if strayed else 1.0
        self._failed = _rounded(self._failed + weight * failed)
        self._total = _rounded(self._total + weight * total)

    def to_json(self) -> list[float]:
        """Return its state as plain values."""
        return [self._failed, self._total]

    @classmethod
    def from_json(cls, plain: list[float]) -> "FirstWindows":
        """Return what `to_json` gave."""
        first = cls()
        first._failed, first._total = plain
        return first


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")
