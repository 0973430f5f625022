"""What is broken in a made-up system for a while."""

import math
import random
from dataclasses import dataclass, replace
from enum import StrEnum

from tests.benchmarks.made_up_systems.system import System


class FaultKind(StrEnum):
    """The kinds of faults that are injected into systems for research."""

    CPU = "cpu contention"
    NETWORK = "network delay"
    CODE = "code delay"
    EXCEPTION = "exception"
    RETURN = "wrong return"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a service; of one operation (its place in the system) where its code is broken.

    It strikes `share` (0..1) of the runs. `slower` multiplies the time of work, `delay_us` is added
    to it or to each way over the network. A run breaks off before its step number `breaks_at`.
    """

    kind: FaultKind
    service: str
    operation: int | None = None
    share: float = 1.0
    slower: float = 1.0
    delay_us: float = 0.0
    breaks_at: int = 0

    def strikes(self, operation: int, chance: random.Random) -> bool:
        """Whether it breaks the code of this run."""
        return operation == self.operation and chance.random() < self.share


def made_up_fault(chance: random.Random, system: System, runs: list[float]) -> Fault:
    """Return a fault of an operation that runs, or of its service; `runs` are those a second."""
    busy = [place for place, each in enumerate(runs) if each > 0.05]
    place = chance.choice(busy)
    operation = system.operations[place]
    fault = Fault(chance.choice(list(FaultKind)), operation.service)
    match fault.kind:
        case FaultKind.CPU:
            return replace(fault, slower=_between(chance, 2.5, 20.0))
        case FaultKind.NETWORK:
            return replace(fault, delay_us=1000.0 * _between(chance, 15.0, 300.0))
        case FaultKind.CODE:
            delay_us = 1000.0 * _between(chance, 15.0, 500.0)
            share = chance.uniform(0.3, 1.0)
            return replace(fault, operation=place, delay_us=delay_us, share=share)
        case _:
            breaks_at = chance.randint(0, len(operation.steps))
            return replace(
                fault, operation=place, share=chance.uniform(0.4, 1.0), breaks_at=breaks_at
            )


def _between(chance: random.Random, least: float, most: float) -> float:
    """Return a number of which each factor is as likely as another."""
    return least * math.exp(chance.uniform(0, math.log(most / least)))
