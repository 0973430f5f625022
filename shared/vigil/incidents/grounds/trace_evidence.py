"""What traces say for each service as the cause of what went wrong."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from vigil.incidents.grounds.callees import called_services
from vigil.incidents.grounds.evidence import Evidence, weight_of
from vigil.incidents.grounds.luck import beyond_luck
from vigil.incidents.grounds.share_shift import ShareShift, share_shifts
from vigil.incidents.grounds.slow_services import slow_services
from vigil.model.doings import PartKind
from vigil.model.trace_profile import TraceProfile

# A caller fails because what it calls fails; that it does other things than usual may be for the
# same reason, or for one of its own.
_EXPLAINED_FAILURE = 0.9
_EXPLAINED = 1 / 3


def trace_evidence(usual: TraceProfile, bad: TraceProfile) -> Mapping[str, Sequence[Evidence]]:
    """Return the evidence of each service, the heaviest first; none that luck explains.

    What may follow from trouble of a service that is called weighs less.
    """
    found: defaultdict[str, list[Evidence]] = defaultdict(list)
    for service, shifts in _shifts_by_service(usual, bad).items():
        found[service] += [_of_shift(shift, len(shifts)) for shift in shifts]
    for service, slow in slow_services(usual, bad).items():
        weight = weight_of(slow.deviations, slow.share)
        found[service].append(Evidence(service, weight, slow))
    kept = {service: [e for e in each if e.weight > 0.0] for service, each in found.items()}
    explained = _explained({service: each for service, each in kept.items() if each}, usual, bad)
    return {service: sorted(each, key=lambda e: -e.weight) for service, each in explained.items()}


def _shifts_by_service(
    usual: TraceProfile, bad: TraceProfile
) -> Mapping[str, Sequence[ShareShift]]:
    found: defaultdict[str, list[ShareShift]] = defaultdict(list)
    for shift in share_shifts(usual, bad):
        found[shift.operation[0]].append(shift)
    return found


def _of_shift(shift: ShareShift, tries: int) -> Evidence:
    deviations = beyond_luck(shift.deviations, tries)
    return Evidence(shift.operation[0], weight_of(deviations, shift.size), shift)


def _explained(
    found: Mapping[str, Sequence[Evidence]], usual: TraceProfile, bad: TraceProfile
) -> Mapping[str, Sequence[Evidence]]:
    """Return the evidence, lighter where that of a called service explains it."""
    heaviest = {service: max([e.weight for e in each]) for service, each in found.items()}
    shifted = {
        e.of.operation for each in found.values() for e in each if isinstance(e.of, ShareShift)
    }
    called = called_services(shifted, usual, bad)
    below = {
        operation: max([heaviest.get(service, 0.0) for service in services], default=0.0)
        for operation, services in called.items()
    }
    return {
        service: [
            _lighter(e, below[e.of.operation], e.of) if isinstance(e.of, ShareShift) else e
            for e in each
        ]
        for service, each in found.items()
    }


def _lighter(evidence: Evidence, below: float, shift: ShareShift) -> Evidence:
    part = _EXPLAINED_FAILURE if shift.part.kind is PartKind.FAILURE else _EXPLAINED
    explained = part * min(below / evidence.weight, 1.0)
    return replace(evidence, weight=evidence.weight * (1.0 - explained))
