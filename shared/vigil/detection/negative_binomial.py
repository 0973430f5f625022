"""The chance of so many events where the rate itself is only known from a sample."""

from math import exp, lgamma, log, log1p

_NEGLIGIBLE = 1e-17
_FEWEST = 1e-9


def upper_tail(at_least: int, *, shape: float, mean: float) -> float:
    """Return P(X >= at_least) for X negative binomial with `mean` and variance mean + mean^2/shape.

    That is Poisson with a Gamma rate: after `s` events in `b` units of exposure and a prior of
    Gamma(a, 0), a further unit has shape a + s and mean (a + s) / b. The terms are summed from the
    definition, over the tail that does not hold the mean.

    >>> round(upper_tail(3, shape=2.0, mean=1.0), 5), upper_tail(0, shape=2.0, mean=1.0)
    (0.11111, 1.0)
    """
    if at_least <= 0:
        return 1.0
    if mean <= _FEWEST:
        return 0.0
    if at_least <= mean:
        return max(0.0, 1.0 - _lower_sum(at_least - 1, shape, mean))
    return min(1.0, _upper_sum(at_least, shape, mean))


def lower_tail(at_most: int, *, shape: float, mean: float) -> float:
    """Return P(X <= at_most) of the same distribution.

    >>> round(lower_tail(2, shape=2.0, mean=1.0), 5)
    0.88889
    """
    if at_most < 0:
        return 0.0
    if mean <= _FEWEST:
        return 1.0
    if at_most > mean:
        return max(0.0, 1.0 - _upper_sum(at_most + 1, shape, mean))
    return min(1.0, _lower_sum(at_most, shape, mean))


def _log_term(count: int, shape: float, mean: float) -> float:
    return (
        lgamma(shape + count)
        - lgamma(shape)
        - lgamma(count + 1)
        - shape * log1p(mean / shape)
        + count * log(mean / (mean + shape))
    )


def _upper_sum(first: int, shape: float, mean: float) -> float:
    term, total, share = exp(_log_term(first, shape, mean)), 0.0, mean / (mean + shape)
    count = first
    while term > total * _NEGLIGIBLE:
        total += term
        term *= share * (shape + count) / (count + 1)
        count += 1
    return total


def _lower_sum(last: int, shape: float, mean: float) -> float:
    term, total, share = exp(_log_term(last, shape, mean)), 0.0, mean / (mean + shape)
    for count in range(last, -1, -1):
        total += term
        if term <= total * _NEGLIGIBLE:
            break
        term *= count / (share * (shape + count - 1)) if count else 0.0
    return total
