"""Shares in percent, as every sentence writes them."""


def percent(share: float, *, digits: int = 0) -> str:
    """Return a share, 0..1, in percent with so many digits after the point.

    What is not nothing is never shown as nothing, and what is not all never as all.

    >>> percent(0.25), percent(0.0156, digits=1), percent(1.0)
    ('25%', '1.6%', '100%')
    >>> percent(0.001), percent(0.0001, digits=1), percent(0.998)
    ('under 1%', 'under 0.1%', 'over 99%')
    """
    least = 10.0 ** -(digits + 2)
    if 0 < share < least / 2:
        return f"under {least:.{digits}%}"
    if 1 - least / 2 < share < 1:
        return f"over {1 - least:.{digits}%}"
    return f"{share:.{digits}%}"
