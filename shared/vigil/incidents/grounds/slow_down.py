"""Services that take more time than usual themselves, and links between them that do."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from vigil.incidents.grounds.luck import rank_distance
from vigil.model.duration_sketch import Sketch, bucket_middle_us, quantile_of
from vigil.model.trace_profile import TraceProfile

_FEWEST_USUAL = 5
_FEWEST = 3
_LEAST_DEVIATIONS = 2.5
# Luck makes small differences of many runs look certain; nobody minds less than this.
_LEAST_RATIO = 1.3
_LEAST_ADDED_US = 2_000


@dataclass(frozen=True, slots=True)
class Slower:
    """Durations that have become longer: how sure that is, and how much time it added in all."""

    name: str
    usual_us: float
    us: float
    deviations: float
    added_us: float


@dataclass(slots=True)
class SlowService:
    """What has become slower of a service: its operations' own time, and its links.

    `share` (0..1) is the part of all added time that it can explain.
    """

    operations: list[Slower] = field(default_factory=list)
    callers: list[Slower] = field(default_factory=list)
    callees: list[Slower] = field(default_factory=list)
    links: int = 0
    share: float = 0.0

    @property
    def all(self) -> list[Slower]:
        """Everything that is slower, the surest first."""
        slower = [*self.operations, *self.callers, *self.callees]
        return sorted(slower, key=lambda each: -each.deviations)


def slow_services(usual: TraceProfile, bad: TraceProfile) -> Mapping[str, SlowService]:
    """Return the services that are slower than usual or have a slower link, by name."""
    found: defaultdict[str, SlowService] = defaultdict(SlowService)
    total = _take_operations(usual, bad, found) + _take_links(usual, bad, found)
    for service in found.values():
        service.share = _explained_us(service) / total
    return found


def _take_operations(
    usual: TraceProfile, bad: TraceProfile, found: Mapping[str, SlowService]
) -> float:
    total = 0.0
    for (service, name), after in bad.operations.items():
        before = usual.operations.get((service, name))
        slower = _slower(name, before.own_us, after.own_us) if before else None
        if slower:
            found[service].operations.append(slower)
            total += slower.added_us
    return total


def _take_links(usual: TraceProfile, bad: TraceProfile, found: Mapping[str, SlowService]) -> float:
    total = 0.0
    links: Counter[str] = Counter()
    for (caller, callee), after in bad.gaps_us.items():
        if sum(after.values()) >= _FEWEST:
            links.update((caller, callee))
        before = usual.gaps_us.get((caller, callee), {})
        from_caller = _slower(caller, before, after)
        to_callee = _slower(callee, before, after)
        if from_caller and to_callee:
            found[callee].callers.append(from_caller)
            found[caller].callees.append(to_callee)
            total += from_caller.added_us
    for service, slow in found.items():
        slow.links = links[service]
    return total


def _slower(name: str, before: Sketch, after: Sketch) -> Slower | None:
    if sum(before.values()) < _FEWEST_USUAL or sum(after.values()) < _FEWEST:
        return None
    if not _matters(before, after):
        return None
    deviations = rank_distance(before, after)
    if deviations < _LEAST_DEVIATIONS:
        return None
    middle = quantile_of(before, 0.5)
    added = sum(
        [
            count * max(bucket_middle_us(bucket) - 1.2 * middle - _LEAST_ADDED_US / 2, 0.0)
            for bucket, count in after.items()
        ]
    )
    return Slower(name, middle, quantile_of(after, 0.5), deviations, added)


def _matters(before: Sketch, after: Sketch) -> bool:
    """Whether the median or, by more, the slowest tenth takes longer than anybody minds."""
    then, now = quantile_of(before, 0.5), quantile_of(after, 0.5)
    if now > _LEAST_RATIO * then and now - then > _LEAST_ADDED_US:
        return True
    then, now = quantile_of(before, 0.9), quantile_of(after, 0.9)
    return now > 2 * _LEAST_RATIO * then and now - then > 5 * _LEAST_ADDED_US


def _explained_us(service: SlowService) -> float:
    """Return how much of the added time a service explains.

    A slow link may be of either end: it is of the one whose links are all slow.
    """
    links = [*service.callers, *service.callees]
    slow_share = len(links) / max(service.links, 1)
    of_links = sum([link.added_us for link in links]) * (0.35 + 0.65 * slow_share)
    if not service.callers:
        of_links *= 0.75
    return sum([each.added_us for each in service.operations]) + of_links
