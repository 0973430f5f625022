"""The chance of so many successes by luck, where the rate itself varies from time to time."""

from math import exp, lgamma

_NEGLIGIBLE = 1e-17


def upper_tail(at_least: int, trials: int, *, mean: float, spread: float) -> float:
    """Return P(X >= at_least) for X binomial in `trials`, with a Beta distributed rate.

    The rate has the `mean`, 0 < mean < 1, and the relative variance `spread` > 0, variance over
    squared mean, which is held below what a Beta distribution with one mode can have. The exact sum
    over the tail that does not hold the mean; it ends where its terms no longer count.

    >>> round(upper_tail(2, 3, mean=0.5, spread=1 / 3), 5), upper_tail(0, 3, mean=0.1, spread=0.1)
    (0.5, 1.0)
    >>> upper_tail(9, 10, mean=0.1, spread=0.01) < upper_tail(9, 10, mean=0.1, spread=0.5)
    True
    """
    if at_least <= 0:
        return 1.0
    if at_least > trials:
        return 0.0
    # Of Beta(a, b): mean a / (a + b), relative variance (1 - mean) / (mean (a + b + 1)).
    weight = max((1.0 - mean) / (mean * spread) - 1.0, 1.0)
    failing, passing = mean * weight, (1.0 - mean) * weight
    if at_least <= trials * mean:
        # The lower tail, seen as an upper tail of the failures.
        return max(0.0, 1.0 - _tail(trials - at_least + 1, trials, passing, failing))
    return _tail(at_least, trials, failing, passing)


def _tail(first: int, trials: int, a: float, b: float) -> float:
    term = exp(
        lgamma(trials + 1)
        - lgamma(first + 1)
        - lgamma(trials - first + 1)
        + lgamma(first + a)
        + lgamma(trials - first + b)
        - lgamma(trials + a + b)
        + lgamma(a + b)
        - lgamma(a)
        - lgamma(b)
    )
    total = 0.0
    for successes in range(first, trials + 1):
        total += term
        failures = trials - successes
        if term <= total * _NEGLIGIBLE or not failures:
            break
        term *= failures * (successes + a) / ((successes + 1) * (failures - 1 + b))
    return min(total, 1.0)
