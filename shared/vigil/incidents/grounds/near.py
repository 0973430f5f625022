"""Which services may have anything to do with what strayed."""

from collections import defaultdict
from collections.abc import Collection

from vigil.model.trace_profile import TraceProfile


def near(services: Collection[str], *profiles: TraceProfile) -> set[str]:
    """Return `services`, who calls them directly, and all that they call, through others as well.

    Another trouble at the same time, which these have nothing to do with, is none of theirs.
    """
    callees: defaultdict[str, set[str]] = defaultdict(set)
    for profile in profiles:
        for caller, callee in profile.gaps_us:
            callees[caller].add(callee)
        for call in profile.calls():
            callees[call.caller.service].add(call.callee.service)
    found, waiting = set(services), list(services)
    while waiting:
        new = callees[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return found | {caller for caller, called in callees.items() if called & set(services)}
