"""How sure it is that a suspect is the cause, from how much heavier its evidence is."""

from collections.abc import Mapping
from math import exp

# So much more weight makes a suspect e times as likely; and none of them may be the cause.
_E_TIMES = 1.0
_NONE_OF_THEM = 3.0
_SUREST = 0.99


def confidences(weights: Mapping[str, float]) -> Mapping[str, float]:
    """Return for each suspect how likely (0..1) it is the cause.

    A multinomial logistic model of the weights, with "none of them" as one more suspect. However
    heavy the evidence is, one case in a hundred is otherwise.

    >>> sure = confidences({"cart": 6.0, "web": 1.0})
    >>> round(sure["cart"], 2), round(sure["web"], 2)
    (0.95, 0.01)
    """
    highest = max([*weights.values(), _NONE_OF_THEM])
    odds = {service: exp((weight - highest) / _E_TIMES) for service, weight in weights.items()}
    total = sum(odds.values()) + exp((_NONE_OF_THEM - highest) / _E_TIMES)
    return {service: min(each / total, _SUREST) for service, each in odds.items()}
