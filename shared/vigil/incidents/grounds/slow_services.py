"""Services that are slow themselves, or in every exchange with others."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from vigil.incidents.grounds.luck import beyond_luck, share_distance
from vigil.incidents.grounds.slow_runs import SlowRuns, slow_runs
from vigil.model.trace_profile import TraceProfile

# A link is slow for a service if luck would show it so once in twenty times.
_SLOW_LINK = 2.0


@dataclass(frozen=True, slots=True)
class Slow:
    """An operation, or the link with another service, and how many of its runs were slow."""

    name: str
    runs: SlowRuns


@dataclass(slots=True)
class SlowService:
    """What is known of how long a service's operations take, and its links with others.

    `share` (0..1) is the part of all added time that it can explain, `measured` how much of it was
    compared.
    """

    operations: list[Slow] = field(default_factory=list)
    links: list[Slow] = field(default_factory=list)
    share: float = 0.0

    @property
    def slowest(self) -> Slow:
        """The operation or link that is the most unusual."""
        return max([*self.operations, *self.links], key=lambda each: each.runs.deviations)

    @property
    def slow_links(self) -> list[Slow]:
        """The links that are unusual."""
        return [each for each in self.links if each.runs.deviations > _SLOW_LINK]

    @property
    def deviations(self) -> float:
        """How unusual it is: of all its runs together, or of its slowest alone."""
        known = [*self.operations, *self.links]
        alone = beyond_luck(self.slowest.runs.deviations, len(known))
        return max(alone, _together([each.runs for each in known]))


def slow_services(usual: TraceProfile, bad: TraceProfile) -> Mapping[str, SlowService]:
    """Return what is known of each service."""
    found: defaultdict[str, SlowService] = defaultdict(SlowService)
    added_us = _take_operations(usual, bad, found) + _take_links(usual, bad, found)
    for service in found.values():
        service.share = _explained_us(service) / max(added_us, 1.0)
    return found


def _take_operations(
    usual: TraceProfile, bad: TraceProfile, found: Mapping[str, SlowService]
) -> float:
    total = 0.0
    for (service, name), after in bad.operations.items():
        before = usual.operations.get((service, name))
        runs = slow_runs(before.own_us, after.own_us) if before else None
        if runs:
            found[service].operations.append(Slow(name, runs))
            total += runs.added_us
    return total


def _take_links(usual: TraceProfile, bad: TraceProfile, found: Mapping[str, SlowService]) -> float:
    total = 0.0
    for (caller, callee), after in bad.gaps_us.items():
        runs = slow_runs(usual.gaps_us.get((caller, callee), {}), after)
        if runs:
            found[callee].links.append(Slow(caller, runs))
            found[caller].links.append(Slow(callee, runs))
            total += runs.added_us
    return total


def _together(runs: list[SlowRuns]) -> float:
    """Return how far the slow runs of all are above what they usually are, taken as one."""
    count = sum([each.now[1] for each in runs])
    slow = sum([each.now[0] for each in runs])
    # Half a slow run is added to what is usual: of what was never slow nobody knows how seldom.
    expected = sum([each.now[1] * (each.usual[0] + 0.5) / (each.usual[1] + 1.0) for each in runs])
    if slow <= expected:
        return 0.0
    before = sum([each.usual[1] for each in runs])
    return share_distance((expected / count * before, before), (slow, count))


def _explained_us(service: SlowService) -> float:
    """Return how much of the added time a service explains.

    The time on a slow link may be due to either end, the more so the more of its links are slow.
    """
    links = service.slow_links
    of_links = sum([link.runs.added_us for link in links])
    of_links *= (1.0 + len(links) / max(len(service.links), 1)) / 2.0
    return sum([each.runs.added_us for each in service.operations]) + of_links
