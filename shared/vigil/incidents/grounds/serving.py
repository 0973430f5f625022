"""Which endpoint an operation works for."""

from vigil.model.doings import Operation, PartKind
from vigil.model.trace_profile import TraceProfile


def serving_endpoint(operation: Operation | None, profile: TraceProfile) -> str:
    """Return the endpoint of its service in which it runs most, "" if that is not known."""
    if operation is None:
        return ""
    endpoints = {callee for _, callee in profile.called if callee[0] == operation[0]}
    endpoints |= {caller for caller, _ in profile.called if caller[0] == operation[0]}
    serving = [each for each in endpoints if _reaches(each, operation, profile)]
    counts = {each: profile.operations[each].count for each in serving}
    return min(counts, key=lambda each: (-counts[each], each), default=("", ""))[1]


def _reaches(endpoint: Operation, operation: Operation, profile: TraceProfile) -> bool:
    """Whether an endpoint runs an operation of its service, directly or through others of it."""
    seen = {endpoint}
    waiting = [endpoint]
    while waiting and operation not in seen:
        doings = profile.operations.get(waiting.pop())
        callees = {
            (part.service, part.name)
            for part in (doings.parts if doings else ())
            if part.kind is PartKind.CALL and part.service == endpoint[0]
        }
        waiting += callees - seen
        seen |= callees
    return operation in seen and endpoint in profile.operations
