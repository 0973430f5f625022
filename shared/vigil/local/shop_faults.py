"""What can be broken in the sample shop while it runs."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from vigil.errors import InvalidRequest

ENDPOINTS = ("checkout", "payment", "inventory", "search", "catalog", "health")
LONGEST_DELAY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one endpoint: a delay of every request, and a share (0..1) that fails."""

    delay: timedelta = timedelta(0)
    error_rate: float = 0.0


class ShopFaults:
    """The faults of each endpoint, set and read from any thread; with no fault set, all is well.

    Which requests fail follows from `seed` and from the order in which they come.
    """

    def __init__(self, seed: int = 0) -> None:
        """Begin with nothing broken."""
        self._random = random.Random(seed)
        self._faults: Mapping[str, Fault] = MappingProxyType({})

    def delay(self, endpoint: str, duration: timedelta) -> None:
        """Delay every request to `endpoint` by 0 to 60 s; raise InvalidRequest otherwise."""
        if not timedelta(0) <= duration <= LONGEST_DELAY:
            raise InvalidRequest("duration is 0 to 60000 milliseconds, for example duration=2000")
        self._change(endpoint, lambda fault: replace(fault, delay=duration))

    def fail(self, endpoint: str, rate: float) -> None:
        """Let a share (0..1) of the requests to `endpoint` fail; raise InvalidRequest otherwise."""
        if not 0 <= rate <= 1:
            raise InvalidRequest("rate is a share from 0 to 1, for example rate=0.8")
        self._change(endpoint, lambda fault: replace(fault, error_rate=rate))

    def clear(self) -> None:
        """Repair everything."""
        self._faults = MappingProxyType({})

    def delay_of(self, endpoint: str) -> timedelta:
        """Return how much later `endpoint` answers now."""
        return self._fault(endpoint).delay

    def strikes(self, endpoint: str) -> bool:
        """Whether the request to `endpoint` that comes now has to fail."""
        return self._random.random() < self._fault(endpoint).error_rate

    def status(self) -> dict[str, dict[str, float]]:
        """Return what is broken, by endpoint."""
        return {
            endpoint: {
                "delay_ms": fault.delay / timedelta(milliseconds=1),
                "error_rate": fault.error_rate,
            }
            for endpoint, fault in self._faults.items()
        }

    def _fault(self, endpoint: str) -> Fault:
        return self._faults.get(endpoint, Fault())

    def _change(self, endpoint: str, change: Callable[[Fault], Fault]) -> None:
        name = endpoint_name(endpoint)
        # Replaced as a whole, so that a reader in another thread sees the old or the new.
        changed = {**self._faults, name: change(self._fault(name))}
        self._faults = MappingProxyType(
            {known: fault for known, fault in changed.items() if fault != Fault()}
        )


class Scenario(StrEnum):
    """The three ways to break the shop that its tour shows."""

    LATENCY_SPIKE = "latency_spike"
    ERROR_STORM = "error_storm"
    CASCADE = "cascade"


def break_something(faults: ShopFaults, name: str) -> Scenario:
    """Break what the scenario `name` breaks, and return it; InvalidRequest lists the scenarios.

    Latency spike: payment takes three seconds more. Error storm: four of five requests to the
    inventory fail. Cascade: every payment fails, and every checkout with it.

    >>> faults = ShopFaults()
    >>> break_something(faults, "cascade")
    <Scenario.CASCADE: 'cascade'>
    >>> faults.status()
    {'payment': {'delay_ms': 0.0, 'error_rate': 1.0}}
    """
    try:
        scenario = Scenario(name)
    except ValueError as error:
        raise InvalidRequest(f"scenario is one of {', '.join(Scenario)}") from error
    _BREAKS[scenario](faults)
    return scenario


_BREAKS: Mapping[Scenario, Callable[[ShopFaults], None]] = MappingProxyType(
    {
        Scenario.LATENCY_SPIKE: lambda faults: faults.delay("payment", timedelta(seconds=3)),
        Scenario.ERROR_STORM: lambda faults: faults.fail("inventory", 0.8),
        Scenario.CASCADE: lambda faults: faults.fail("payment", 1.0),
    }
)


def endpoint_name(text: str) -> str:
    """Return the endpoint's name, without its leading slash; raise InvalidRequest if not known.

    >>> endpoint_name("/payment")
    'payment'
    """
    name = text.removeprefix("/")
    if name not in ENDPOINTS:
        raise InvalidRequest(f"endpoint is one of {', '.join(ENDPOINTS)}")
    return name
