"""What detect_anomalies does with the batches of one tenant, service by service."""

import math
from dataclasses import dataclass

from infra.cost.batching import Batching
from infra.cost.figures import Figures
from infra.cost.load import Load


@dataclass(frozen=True, slots=True)
class Detecting:
    """What happens a second, for one tenant.

    A part is one service's share of one batch. Parts that come within the pace after a commit wait
    for the next one, having left a delta; `active` services have entries in most minutes.
    """

    parts: float
    waiting: float
    commits: float
    spans: float
    active: float
    waiting_batches: float


def detecting(load: Load, batches: Batching, figures: Figures) -> Detecting:
    """Return what the batches of one tenant come to."""
    found = [_service(share, batches, figures) for share in load.shares]
    ready = math.prod(1 - each.waits * each.in_batch for each in found)
    return Detecting(
        parts=sum(each.parts for each in found),
        waiting=sum(each.parts * each.waits for each in found),
        commits=sum(each.commits for each in found),
        spans=sum(_begun(each.parts, figures["span_seconds"]) for each in found),
        active=sum(_within(each.parts, figures["tick_seconds"]) for each in found),
        waiting_batches=batches.batches * (1 - ready),
    )


@dataclass(frozen=True, slots=True)
class _Service:
    """How often one service is in a batch, comes a second, waits, and is committed to a second."""

    in_batch: float
    parts: float
    waits: float
    commits: float


def _service(share: float, batches: Batching, figures: Figures) -> _Service:
    """Return what comes to a service that has such a share of the clumps.

    After a commit nobody commits for the pace. If a part came meanwhile the next commit follows at
    once, else at the next part: that is one commit in pace + (chance of none) / rate.
    """
    in_batch = 1 - (1 - share) ** batches.clumps
    rate = batches.batches * in_batch
    if not rate:
        return _Service(in_batch, 0.0, 0.0, 0.0)
    alone = math.exp(-rate * figures["pace_seconds"])
    commits = 1 / (figures["pace_seconds"] + alone / rate)
    return _Service(in_batch, rate, max(0.0, 1 - commits * alone / rate), commits)


def _within(rate: float, seconds: float) -> float:
    """Return the chance that something comes within so many seconds."""
    return 1 - math.exp(-rate * seconds)


def _begun(rate: float, seconds: float) -> float:
    """Return how many spans of so many seconds have something in them, a second."""
    return _within(rate, seconds) / seconds
