"""Joins series that strayed at about the same time, and says why."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from vigil.incidents.disjoint_sets import DisjointSets
from vigil.incidents.joining.bond import (
    Bond,
    call_bond,
    number_bond,
    resource_bond,
    service_bond,
    trace_bond,
    wait_bond,
)
from vigil.incidents.joining.known_calls import KnownCalls
from vigil.incidents.joining.nodes import node
from vigil.incidents.joining.shared_resource import shared_resource
from vigil.incidents.joining.strayed import Strayed, is_by_luck, keep_apart
from vigil.incidents.waited_for import waiting_callers
from vigil.model.change import Change
from vigil.model.series import Series

_STORM = 200


class Joins:
    """Joins series in `sets`, which hold already what cannot be parted any more.

    What calls several things that failed goes with one of them, the likeliest: a symptom of two
    troubles does not make them one. So there are two kinds of bonds: those of a symptom, of which
    each series has one, and those between causes, which join whatever they join.
    `homes` says of series in which incident they are: a symptom stays with the cause that it has.
    `symptoms` are those that have one, once all is joined.
    """

    def __init__(
        self,
        sets: DisjointSets,
        strayed: Mapping[Series, Strayed],
        calls: KnownCalls,
        *,
        changes: Sequence[Change] = (),
        homes: Mapping[Series, str] | None = None,
    ) -> None:
        self._sets = sets
        self._strayed = strayed
        self._calls = calls
        self._changes = changes
        self._homes = homes or {}
        self.symptoms: set[Series] = set()
        self._waited_for: set[Series] = set()
        self._bonds: defaultdict[Series, list[Bond]] = defaultdict(list)

    def join_all(self) -> None:
        """Join all that belongs together; the order of the steps is that of what is surest."""
        self.symptoms |= {each for each in self._strayed if self._is_settled(each)}
        self._join_waited_for()
        self._join_callers()
        self._join_numbers()
        self._join_services()
        self._join_by_traces()
        self._join_by_resources()

    def reason(self, series: Series) -> str | None:
        """Return why a series belongs to what it was joined to, None if it was to nothing."""
        bonds = self._bonds.get(series)
        # What is served says more than what is logged beside it.
        return min(bonds, key=_is_beside).reason(series) if bonds else None

    def _join_waited_for(self) -> None:
        """Join what is only waited for with the service that waits for several at once, if any."""
        callers = {
            callee.series: {
                each for each in self._strayed if self._calls.calls(each, callee.series)
            }
            for callee in self._strayed.values()
            if callee.only_waited_for
        }
        for callee, waiting in waiting_callers(callers, callers).items():
            self._waited_for.add(callee)
            for caller in waiting:
                bond = wait_bond(self._strayed[caller], self._strayed[callee])
                self._add_symptom(callee, bond)

    def _join_callers(self) -> None:
        for caller in self._strayed.values():
            if caller.series in self.symptoms:
                continue
            causes = [c for c in self._strayed.values() if self._may_cause(c, caller)]
            if causes:
                cause = min(causes, key=lambda each: self._likeliness(caller, each))
                self._add_symptom(caller.series, call_bond(caller, cause, self._calls))

    def _is_settled(self, caller: Series) -> bool:
        """Whether it is joined for good to something that it calls, which may be well again."""
        return any(
            self._calls.reaches(caller, callee) and self._are_joined(caller, callee)
            for callee in self._strayed.keys() | self._homes.keys()
        )

    def _may_cause(self, callee: Strayed, caller: Strayed) -> bool:
        if callee.series in self._waited_for:
            return False
        if callee.is_attacked or (callee.only_in_number and not callee.is_silent):
            return False
        if self._calls.calls(caller.series, callee.series):
            return not keep_apart(caller, callee)
        # What lies between them is well: then only failing traces speak for it.
        return self._calls.reaches(caller.series, callee.series) and bool(
            caller.traces & callee.traces
        )

    def _likeliness(self, caller: Strayed, callee: Strayed) -> tuple[object, ...]:
        """Return what sorts the callees that may be why a caller strays, the likeliest first."""
        share = self._calls.share(caller.series, callee.series)
        return (
            not self._share_home(caller.series, callee.series),
            not callee.series.endpoint,
            -len(caller.traces & callee.traces),
            callee.only_in_number,
            not self._calls.calls(caller.series, callee.series),
            -(1.0 if share is None else share),
            callee.began_at,
            callee.series,
        )

    def _join_numbers(self) -> None:
        """Join what is only called more or less often with the caller that strayed, if any did."""
        for callee in self._strayed.values():
            if not callee.only_in_number or callee.series in self.symptoms:
                continue
            callers = [
                each
                for each in self._strayed.values()
                if each.series != callee.series and self._calls.calls(each.series, callee.series)
            ]
            if callers:
                caller = min(callers, key=lambda each: self._nearness(each, callee))
                self._add_symptom(callee.series, number_bond(caller, callee))

    def _nearness(self, caller: Strayed, callee: Strayed) -> tuple[object, ...]:
        return (
            not self._share_home(caller.series, callee.series),
            caller.only_in_number,
            abs(caller.began_at - callee.began_at),
            caller.series,
        )

    def _join_services(self) -> None:
        """Join what strayed at once, or after a change, of one service on its own account."""
        services: defaultdict[str, list[Strayed]] = defaultdict(list)
        for each in self._strayed.values():
            if not each.is_attacked:
                services[each.series.service].append(each)
        for several in services.values():
            causes = [each for each in several if each.series not in self.symptoms]
            for one, other in combinations(causes, 2):
                if bond := service_bond(one, other, self._changes):
                    self._join(bond)

    def _join_by_traces(self) -> None:
        for one, other in self._sharing_traces():
            # Of those that call each other it has been decided.
            if (
                self._calls.reaches(one.series, other.series)
                or self._calls.reaches(other.series, one.series)
                or self._are_joined(one.series, other.series)
            ):
                continue
            # Both fail in what their caller asks of them: any of its requests may do so twice.
            if self._calls.are_siblings(one.series, other.series) and is_by_luck(one, other):
                continue
            self._join(trace_bond(one, other))

    def _sharing_traces(self) -> Iterator[tuple[Strayed, Strayed]]:
        failing: defaultdict[str, list[Strayed]] = defaultdict(list)
        for each in self._strayed.values():
            for trace_id in each.traces:
                failing[trace_id].append(each)
        pairs = {
            (one.series, other.series)
            for several in failing.values()
            for one, other in _pairs(several)
        }
        yield from ((self._strayed[one], self._strayed[other]) for one, other in sorted(pairs))

    def _join_by_resources(self) -> None:
        causes = [e for e in self._strayed.values() if e.series not in self.symptoms]
        named = [each for each in causes if any(anomaly.evidence for anomaly in each.anomalies)]
        for one, other in combinations(named, 2):
            resource = shared_resource(one, other)
            if resource and not self._are_joined(one.series, other.series):
                self._join(resource_bond(one, other, resource))

    def _share_home(self, one: Series, other: Series) -> bool:
        home = self._homes.get(one)
        return home is not None and home == self._homes.get(other)

    def _are_joined(self, one: Series, other: Series) -> bool:
        return one != other and self._sets.find(node(one)) == self._sets.find(node(other))

    def _add_symptom(self, symptom: Series, bond: Bond) -> None:
        self.symptoms.add(symptom)
        self._join(bond)

    def _join(self, bond: Bond) -> None:
        self._sets.join(node(bond.one), node(bond.other))
        self._bonds[bond.one].append(bond)
        self._bonds[bond.other].append(bond)


def _pairs(several: Sequence[Strayed]) -> Iterable[tuple[Strayed, Strayed]]:
    # A storm of hundreds has tens of thousands of pairs, and a chain of them joins it as well.
    return combinations(several, 2) if len(several) <= _STORM else pairwise(several)


def _is_beside(bond: Bond) -> bool:
    return not (bond.one.endpoint and bond.other.endpoint)
