"""What comes in: so many entries a month, of so many tenants with so many services each."""

from dataclasses import dataclass

from infra.cost.figures import MONTH_SECONDS


@dataclass(frozen=True, slots=True)
class Load:
    """Entries of tenants that are alike, spread evenly over the month, which costs most.

    A clump is what comes at one instant from one service: a request's own log entry and the lines
    of the code that handled it. If `is_even`, all services of a tenant are equally busy, else the
    second has half the entries of the first, the third a third, and so on.
    """

    entries: float
    tenants: int
    services: int
    clump: float = 4
    is_even: bool = False

    @classmethod
    def a_second(cls, entries: float, tenants: int, services: int) -> "Load":
        """Return the load of so many entries a second."""
        return cls(entries * MONTH_SECONDS, tenants, services)

    @property
    def per_second(self) -> float:
        """Entries a second of all tenants."""
        return self.entries / MONTH_SECONDS

    @property
    def clumps_per_second(self) -> float:
        """Clumps a second of one tenant."""
        return self.per_second / self.clump / self.tenants if self.tenants else 0.0

    @property
    def shares(self) -> list[float]:
        """Which part of a tenant's clumps is of each of its services; their sum is 1.

        >>> [round(share, 2) for share in Load(1, tenants=1, services=2).shares]
        [0.67, 0.33]
        """
        weights = [1.0 if self.is_even else 1 / (n + 1) for n in range(self.services)]
        return [weight / sum(weights) for weight in weights]
