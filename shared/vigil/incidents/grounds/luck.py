"""How unlikely it is that luck alone explains a difference."""

from math import erfc, log, log10, sqrt

# Runs of one operation are no independent trials: those of a minute have customers, caches and
# inputs in common. A correlation of one in a hundred makes ever more runs count as 100 at most.
_CORRELATION = 0.01
_LEAST_CHANCE = 1e-300
_FEWEST_ZEROS = 3

# A part of a whole: how many runs there were with something, and how many in all.
Share = tuple[float, float]


def share_distance(before: Share, after: Share) -> float:
    """Return how many standard deviations lie between two shares.

    The root of the likelihood ratio statistic (G-test; Sokal, Rohlf: "Biometry", 1981), which
    holds for shares near 0 and 1 as well; half a run with and half a run without are added.

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


def beyond_luck(deviations: float, tries: int) -> float:
    """Return what is left of deviations that are the most of so many tries.

    The largest of n squares of normal deviates is about 2 ln n.

    >>> beyond_luck(5.0, 1), round(beyond_luck(5.0, 1000), 1), beyond_luck(2.0, 1000)
    (5.0, 3.3, 0.0)
    """
    return sqrt(max(deviations**2 - 2.0 * log(max(tries, 1)), 0.0))


def chance_words(deviations: float) -> str:
    """Return the chance of being at least so far off, on either side, in words.

    >>> chance_words(1.0), chance_words(6.1)
    ('chance 0.32', 'chance 1 in 10^9')
    """
    chance = max(erfc(deviations / sqrt(2.0)), _LEAST_CHANCE)
    zeros = round(-log10(chance))
    return f"chance 1 in 10^{zeros}" if zeros >= _FEWEST_ZEROS else f"chance {chance:.2g}"


def _independent(runs: float) -> float:
    return runs / (1.0 + max(runs - 1.0, 0.0) * _CORRELATION)


def _divergence(share: float, expected: float) -> float:
    """Return Kullback and Leibler's divergence of a share from what was expected."""
    yes = share * log(share / expected) if share > 0.0 else 0.0
    no = (1.0 - share) * log((1.0 - share) / (1.0 - expected)) if share < 1.0 else 0.0
    return yes + no
