"""List prices: what a quantity costs in a month, and which prices nobody has verified."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PRICES = Path(__file__).with_name("prices.toml")

# Quantities in a month, by the names of their prices.
Usage = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for `per` of a unit, after so many that are free each month."""

    usd: float
    unit: str
    source: str
    verified: bool
    free: float = 0
    per: float = 1

    def of(self, quantity: float, *, with_free: bool = False) -> float:
        """Return what so many cost in a month.

        >>> price = Price(0.40, "request", "an example", True, free=2_000_000, per=1_000_000)
        >>> price.of(3_000_000), price.of(3_000_000, with_free=True)
        (1.2, 0.4)
        """
        charged = max(0.0, quantity - self.free) if with_free else quantity
        return round(charged * self.usd / self.per, 9)


@dataclass(frozen=True, slots=True)
class PriceList:
    """All prices by name; the part of a name before its dot is the product."""

    prices: Mapping[str, Price]

    @classmethod
    def read(cls, path: Path = PRICES) -> "PriceList":
        """Return the prices of a file; each of them says where it comes from."""
        found = tomllib.loads(path.read_text())
        return cls({name: Price(**price) for name, price in found.items()})

    def cost(self, usage: Usage, *, with_free: bool = False) -> float:
        """Return what `usage` costs; raise KeyError for what has no price."""
        return sum(self.prices[name].of(n, with_free=with_free) for name, n in usage.items())

    def by_product(self, usage: Usage) -> dict[str, float]:
        """Return what `usage` costs by product, in the order of the price list, nothing free."""
        costs: dict[str, float] = {}
        for name, price in self.prices.items():
            product = product_of(name)
            costs[product] = costs.get(product, 0.0) + price.of(usage.get(name, 0.0))
        return costs

    def unverified(self, usage: Usage) -> list[str]:
        """Return the names of the prices that `usage` counts with and nobody has verified."""
        return [name for name in usage if usage[name] and not self.prices[name].verified]


def product_of(name: str) -> str:
    """Return the product that a price belongs to.

    >>> product_of("firestore.reads")
    'firestore'
    """
    return name.partition(".")[0]


def total(*usages: Usage) -> dict[str, float]:
    """Return the sum of quantities.

    >>> total({"run.cpu": 1.0}, {"run.cpu": 2.0, "run.requests": 1.0})
    {'run.cpu': 3.0, 'run.requests': 1.0}
    """
    summed: dict[str, float] = {}
    for usage in usages:
        for name, quantity in usage.items():
            summed[name] = summed.get(name, 0.0) + quantity
    return summed


def times(usage: Usage, factor: float) -> dict[str, float]:
    """Return `usage` so many times.

    >>> times({"run.cpu": 1.5}, 2)
    {'run.cpu': 3.0}
    """
    return {name: quantity * factor for name, quantity in usage.items()}
