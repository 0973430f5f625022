"""Series that are only called more or less often, and the callers that are why."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from vigil.model.anomaly import Anomaly
from vigil.model.series import Series


def only_in_number(anomalies: Iterable[Anomaly]) -> bool:
    """Whether no more is wrong than that another number of requests came, maybe none."""
    return all("usual_requests" in anomaly.metrics for anomaly in anomalies)


def called_less(
    strayed: Mapping[Series, Sequence[Anomaly]], callers: Mapping[Series, Set[Series]]
) -> dict[Series, tuple[Series, ...]]:
    """Return of series that only strayed in number the callers that are the reason.

    Who fails by itself calls less; but who calls what is down fails as well. The callee is down if
    a caller says so: if what it logs while it fails names the callee, or if it logs nothing. But
    even so it calls less if another of its callees fails. Where the callers strayed in number as
    well, nobody fails: they are called less themselves.
    """
    in_number = {series for series, anomalies in strayed.items() if only_in_number(anomalies)}
    found: dict[Series, tuple[Series, ...]] = {}
    for callee in in_number:
        failing = sorted(callers[callee] - in_number)
        told = [text for caller in failing for text in _texts(caller, strayed)]
        others = any(
            by in callers[other]
            for other in strayed.keys() - in_number
            for by in failing
            if other.service not in (by.service, callee.service)
        )
        if failing and (others or (told and not _is_named(callee, told))):
            found[callee] = tuple(failing)
        elif callers[callee] and not failing:
            found[callee] = tuple(sorted(callers[callee]))
    return found


def _texts(caller: Series, strayed: Mapping[Series, Sequence[Anomaly]]) -> Iterator[str]:
    """Yield what a caller logged while it failed, in its requests and beside them."""
    for series in {caller, Series(caller.service)}:
        for anomaly in strayed.get(series, ()):
            yield from (seen.exemplar for seen in anomaly.evidence)


def _is_named(series: Series, texts: Iterable[str]) -> bool:
    """Whether a text has the name of the service, or the last word of the endpoint's path.

    >>> _is_named(Series("shop-bank", "POST /v1/pay/{id}"), ["order 7 failed: pay answered 500"])
    True
    >>> _is_named(Series("shop-bank", "POST /v1/pay/{id}"), ["order 7 was not payable"])
    False
    """
    words = re.findall(r"(?<=/)[\w-]+(?=/|$)", series.endpoint)
    names = "|".join(re.escape(name) for name in (series.service, *words[-1:]))
    named = re.compile(rf"(?<![\w-])(?:{names})(?![\w-])", re.IGNORECASE)
    return any(named.search(text) for text in texts)
