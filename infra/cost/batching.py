"""What group commit makes of a load: how full batches are, and how long instances are busy."""

import math
from dataclasses import dataclass

from infra.cost.figures import Figures
from infra.cost.load import Load


@dataclass(frozen=True, slots=True)
class Batching:
    """How batch_logs works at a load; `batches` and `clumps` are for one tenant, a second."""

    instances: int
    held_seconds: float
    entries: float
    batches: float
    clumps: float
    billed_seconds: float


def batching(load: Load, figures: Figures) -> Batching:
    """Return how batch_logs works at `load`.

    A buffer is opened by a clump and goes out when the linger is over, when it is full, or when its
    instance holds as many requests as it may: whatever comes first. Several instances have a buffer
    each for every tenant.
    """
    instances = _instances(load, figures)
    held = _held_seconds(load, figures, instances)
    clumps = load.clumps_per_second / instances
    in_batch = 1 + clumps * held
    entries = min(in_batch * load.clump, figures["max_entries"])
    per_tenant = load.per_second / load.tenants if load.tenants else 0.0
    return Batching(
        instances=instances,
        held_seconds=held,
        entries=entries,
        batches=per_tenant / entries,
        clumps=entries / load.clump,
        billed_seconds=instances * _busy(load, figures, clumps, held + figures["publish_seconds"]),
    )


def _held_seconds(load: Load, figures: Figures, instances: int) -> float:
    """Return for how long a buffer is open."""
    on_one = load.per_second / instances
    if not on_one:
        return figures["linger_seconds"]
    of_tenant = on_one / load.tenants
    return min(
        figures["linger_seconds"],
        figures["max_held"] / on_one,
        figures["max_entries"] / of_tenant,
    )


def _instances(load: Load, figures: Figures) -> int:
    """Return how many instances the autoscaler keeps: for their CPU, or for what they hold.

    With more instances each holds less, but no instance holds more than `max_held`.
    """
    function, target = figures.functions["batch_logs"], figures["concurrency_target"]
    by_cpu = math.ceil(load.per_second * figures["request_cpu_seconds"] / target / function.cpus)
    instances = max(1, by_cpu)
    held = load.per_second * answered_after(load, figures, instances)
    return max(instances, math.ceil(held / target / function.concurrency))


def answered_after(load: Load, figures: Figures, instances: int) -> float:
    """Return after how many seconds an entry's push is answered, on average.

    Who opens a buffer waits for all of its time, the others for half of it.
    """
    open_for = _held_seconds(load, figures, instances)
    others = load.clumps_per_second / instances * open_for
    return open_for * (1 + others / 2) / (1 + others) + figures["publish_seconds"]


def _busy(load: Load, figures: Figures, clumps: float, seconds: float) -> float:
    """Return which part of the time an instance holds requests, with what is rounded up.

    A tenant's buffer is open for `seconds` and then closed until its next clump, 1 / `clumps` on
    average; an instance is idle while all are closed.
    """
    idle = (1 / (1 + clumps * seconds)) ** load.tenants
    begun = idle * clumps * load.tenants
    return min(1.0, 1 - idle + begun * figures["billed_step_seconds"] / 2)
