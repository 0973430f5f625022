"""Series that are only waited for, and the caller that is why."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set

from vigil.model.anomaly import Anomaly
from vigil.model.series import Series

# That callers wait for one service is its own trouble, or that of the way to it; that one caller
# waits for several at once is the caller's, which hardly gets to run.
_SEVERAL = 2


def only_waited_for(anomalies: Iterable[Anomaly]) -> bool:
    """Whether no more is wrong than that callers wait longer, although it is as fast as usual."""
    return all("usual_wait_ms" in anomaly.metrics for anomaly in anomalies)


def waiting_callers(
    waited_for: Collection[Series], callers: Mapping[Series, Set[Series]]
) -> dict[Series, tuple[Series, ...]]:
    """Return of series that are only waited for the callers, of one service, that are the reason.

    `callers` has of each of them those callers that strayed as well. The reason is a service that
    waits for several others at once: of such services the one that waits for most, then the
    smallest.

    >>> web, cart, mail = Series("web", "GET /"), Series("cart"), Series("mail")
    >>> waiting_callers([cart, mail], {cart: {web}, mail: {web}})[cart]
    (Series(service='web', endpoint='GET /'),)
    >>> waiting_callers([cart], {cart: {web}})
    {}
    """
    waits: defaultdict[str, set[str]] = defaultdict(set)
    for callee in waited_for:
        for caller in callers.get(callee, ()):
            if caller.service != callee.service:
                waits[caller.service].add(callee.service)
    found: dict[Series, tuple[Series, ...]] = {}
    for callee in waited_for:
        by = sorted(each for each in callers.get(callee, ()) if each.service != callee.service)
        most = max((len(waits[each.service]) for each in by), default=0)
        if most >= _SEVERAL:
            service = next(each.service for each in by if len(waits[each.service]) == most)
            found[callee] = tuple(each for each in by if each.service == service)
    return found
