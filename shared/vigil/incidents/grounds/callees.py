"""Which services an operation depends on."""

from collections.abc import Iterable, Mapping, Set

from vigil.model.doings import Doings, Operation, PartKind
from vigil.model.trace_profile import TraceProfile


def called_services(
    operations: Iterable[Operation], *profiles: TraceProfile
) -> Mapping[Operation, Set[str]]:
    """Return the other services that each operation calls, itself or through its service's own."""
    return {operation: _called(operation, profiles) for operation in operations}


def _called(operation: Operation, profiles: Iterable[TraceProfile]) -> Set[str]:
    found: set[str] = set()
    for profile in profiles:
        seen = {operation}
        waiting = [operation]
        while waiting:
            doings = profile.operations.get(waiting.pop())
            callees = _calls_of(doings) - seen if doings else set()
            seen |= callees
            waiting += [callee for callee in callees if callee[0] == operation[0]]
        found |= {service for service, _ in seen}
    return found - {operation[0]}


def _calls_of(doings: Doings) -> set[Operation]:
    return {(part.service, part.name) for part in doings.parts if part.kind is PartKind.CALL}
