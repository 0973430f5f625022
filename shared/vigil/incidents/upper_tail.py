"""The chance that luck alone gives so much."""

from math import inf, lgamma, log, log10

_NEGLIGIBLE = 1e-17


def log_upper_tail(at_least: int, whole: int, marked: int, drawn: int) -> float:
    """Return log10 of P(X >= at_least), X the marked ones of `drawn` of `whole`; -inf for never.

    The hypergeometric distribution, summed from its definition; exact, and no number is too small
    for it.

    >>> round(10 ** log_upper_tail(2, 10, 4, 3), 4), log_upper_tail(0, 10, 4, 3)
    (0.3333, 0.0)
    """
    if at_least * whole <= marked * drawn:
        # The lower tail, seen as an upper tail of what is not marked; the sum stays small so.
        other = log_upper_tail(drawn - at_least + 1, whole, whole - marked, drawn)
        return log10(1.0 - 10.0**other) if other else -inf
    first = max(at_least, marked + drawn - whole, 0)
    if first > min(marked, drawn):
        return -inf
    total, term = 0.0, 1.0
    for count in range(first, min(marked, drawn) + 1):
        total += term
        ratio = (marked - count) * (drawn - count)
        term *= ratio / ((count + 1) * (whole - marked - drawn + count + 1))
        if term <= total * _NEGLIGIBLE:
            break
    chosen = _log_choose(marked, first) + _log_choose(whole - marked, drawn - first)
    return min((chosen - _log_choose(whole, drawn) + log(total)) / log(10.0), 0.0)


def _log_choose(of: int, count: int) -> float:
    return lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)
