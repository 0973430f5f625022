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


def chance_of(score: float) -> float:
    """Return the chance that has a score: the inverse of `score_of`.

    >>> chance_of(0.0), chance_of(0.5), chance_of(score_of(0.01))
    (1.0, 1e-06, 0.01)
    """
    return max(10.0 ** (-_HALF * score / (1.0 - score)), _LEAST) if score < 1.0 else _LEAST
