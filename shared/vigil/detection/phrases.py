"""Numbers as people read them."""

from math import floor, log10

_LEAST = 1e-300
_DIGITS_BELOW = 10.0


def luck(chance: float) -> str:
    """Return a chance, 0..1, as odds.

    >>> luck(0.02), luck(3.1e-9), luck(0.0)
    ('chance 1 in 50', 'chance 1 in 10^8', 'chance 1 in 10^300')
    """
    power = floor(-log10(max(chance, _LEAST)))
    if power > 3:  # noqa: PLR2004 - four digits are read at a glance
        return f"chance 1 in 10^{power}"
    return f"chance 1 in {1 / max(chance, _LEAST):.0f}"


def amount(number: float) -> str:
    """Return a count, or a mean of counts.

    >>> amount(73.2), amount(3.25), amount(0.0)
    ('73', '3.2', '0')
    """
    return f"{number:.1f}" if 0 < number < _DIGITS_BELOW else f"{number:,.0f}"
