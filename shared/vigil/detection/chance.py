"""One scale for all scores: how unlikely it is that luck alone gave something as extreme."""

from math import log10

# The surprise at which a score is one half: luck gives as much once in a million.
_HALF = 6.0
# About the smallest chance that a double holds; less is no longer told apart.
_LEAST = 1e-300


def score_of(chance: float) -> float:
    """Return the score, 0..1, of what comes by luck with a chance: s / (s + 6), s = -log10(chance).

    >>> score_of(1.0), score_of(1e-6), score_of(1e-18)
    (0.0, 0.5, 0.75)
    """
    surprise = log10(1.0 / min(max(chance, _LEAST), 1.0))
    return surprise / (surprise + _HALF)
