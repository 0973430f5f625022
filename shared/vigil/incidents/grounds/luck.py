"""How unlikely it is that luck alone explains a difference."""

from collections.abc import Mapping
from math import erfc, log, log10, sqrt

# Runs of one operation are no independent trials: those of a minute have customers, caches and
# inputs in common. A correlation of one in a hundred makes ever more runs count as 100 at most.
_CORRELATION = 0.01
_WORTH_WORDS = 3


def share_distance(before: tuple[float, float], after: tuple[float, float]) -> float:
    """Return how many standard deviations lie between two shares, each (part, whole).

    The root of the likelihood ratio statistic (G-test; Sokal, Rohlf: "Biometry", 1981), which
    holds for shares near 0 and 1 as well; one half of a run is added to each side.

    >>> round(share_distance((50, 50), (2, 10)), 1), share_distance((5, 10), (5, 10))
    (5.5, 0.0)
    """
    (part_0, whole_0), (part_1, whole_1) = before, after
    if not whole_0 or not whole_1:
        return 0.0
    share_0, share_1 = part_0 / whole_0, part_1 / whole_1
    weight_0, weight_1 = _independent(whole_0), _independent(whole_1)
    pooled = (weight_0 * share_0 + weight_1 * share_1 + 0.5) / (weight_0 + weight_1 + 1.0)
    ratio = weight_0 * _divergence(share_0, pooled) + weight_1 * _divergence(share_1, pooled)
    return sqrt(max(2.0 * ratio, 0.0)) if share_0 != share_1 else 0.0


def _independent(runs: float) -> float:
    return runs / (1.0 + max(runs - 1.0, 0.0) * _CORRELATION)


def _divergence(share: float, expected: float) -> float:
    """Return Kullback and Leibler's divergence of a share from what was expected."""
    yes = share * log(share / expected) if share > 0.0 else 0.0
    no = (1.0 - share) * log((1.0 - share) / (1.0 - expected)) if share < 1.0 else 0.0
    return yes + no


def rank_distance(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    """Return by how many standard deviations the second durations are longer; 0 if they are not.

    The test of Mann and Whitney (1947) on sketches, what shares a bucket being tied.

    >>> round(rank_distance({10: 20}, {30: 10}), 1), rank_distance({10: 20}, {10: 10})
    (5.4, 0.0)
    """
    count_0, count_1 = sum(before.values()), sum(after.values())
    count = count_0 + count_1
    below = longer = ties = 0.0
    for bucket in sorted(before.keys() | after.keys()):
        first, second = before.get(bucket, 0.0), after.get(bucket, 0.0)
        longer += second * (below + first / 2.0)
        below += first
        ties += (first + second) ** 3 - (first + second)
    spread = count_0 * count_1 / 12.0 * (count + 1.0 - ties / max(count * (count - 1.0), 1.0))
    return max((longer - count_0 * count_1 / 2.0) / sqrt(spread), 0.0) if spread > 0.0 else 0.0


def chance_words(deviations: float) -> str:
    """Return the chance of being at least so far off, on either side, in words.

    >>> chance_words(1.0), chance_words(6.1)
    ('chance 0.32', 'chance 1 in 10^9')
    """
    chance = max(erfc(deviations / sqrt(2.0)), 1e-300)
    power = round(-log10(chance))
    return f"chance 1 in 10^{power}" if power >= _WORTH_WORDS else f"chance {chance:.2g}"
