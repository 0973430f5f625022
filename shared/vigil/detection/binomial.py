"""The chance of so many successes by luck."""

from math import exp, lgamma, log

_NEGLIGIBLE = 1e-17


def upper_tail(at_least: int, trials: int, chance: float) -> float:
    """Return P(X >= at_least) for X binomial in `trials` and `chance` (0 < chance < 1).

    The exact sum from the definition, over the tail that does not hold the mean: its terms fall
    from the first on, so that summing ends as soon as they no longer count, and neither large nor
    small numbers overflow.

    >>> round(upper_tail(2, 5, 0.1), 5), upper_tail(0, 5, 0.1)
    (0.08146, 1.0)
    """
    if at_least <= 0:
        return 1.0
    if at_least > trials:
        return 0.0
    if at_least <= trials * chance:
        # The lower tail, seen as an upper tail of the failures.
        return 1.0 - _tail(trials - at_least + 1, trials, 1.0 - chance)
    return _tail(at_least, trials, chance)


def _tail(first: int, trials: int, chance: float) -> float:
    term = exp(
        lgamma(trials + 1)
        - lgamma(first + 1)
        - lgamma(trials - first + 1)
        + first * log(chance)
        + (trials - first) * log(1.0 - chance)
    )
    total, odds = 0.0, chance / (1.0 - chance)
    for successes in range(first, trials + 1):
        total += term
        term *= odds * (trials - successes) / (successes + 1)
        if term <= total * _NEGLIGIBLE:
            break
    return min(total, 1.0)
