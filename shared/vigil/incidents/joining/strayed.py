"""A series that strayed: all that its latest anomalies say of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import exp, lgamma, log, log1p
from zlib import crc32

from vigil.incidents.waited_for import only_waited_for
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.series import Series

# So many failing traces on both sides say something by having none in common.
PLENTY = 5
# Asked of each pair with each new anomaly, so the chance of one mistake has to be small.
_BY_LUCK = 1e-6
# Of who does not say how many of its requests failed.
_SHARE_NOT_KNOWN = 0.5
_SAMPLED_BY_HASH = frozenset({AnomalyType.ERROR_SPIKE, AnomalyType.RESOURCE_EXHAUSTION})


@dataclass(frozen=True)
class Strayed:
    """One series and its anomalies (at least one) of a few minutes, in order of time."""

    series: Series
    anomalies: Sequence[Anomaly]

    @cached_property
    def traces(self) -> frozenset[str]:
        """A sample of the traces that failed in it."""
        return frozenset(t for anomaly in self.anomalies for t in anomaly.trace_ids)

    @cached_property
    def began_at(self) -> datetime:
        """When it first failed."""
        return min(anomaly.started_at for anomaly in self.anomalies)

    @cached_property
    def only_in_number(self) -> bool:
        """Whether no more is wrong than that more or fewer requests came than usual."""
        return all("usual_requests" in anomaly.metrics for anomaly in self.anomalies)

    @cached_property
    def only_waited_for(self) -> bool:
        """Whether no more is wrong than that its callers wait longer for it."""
        return only_waited_for(self.anomalies)

    @cached_property
    def is_silent(self) -> bool:
        """Whether no request came at all: it may well be down."""
        return any("missed_windows" in anomaly.metrics for anomaly in self.anomalies)

    @cached_property
    def is_attacked(self) -> bool:
        """Whether nothing but its security is concerned."""
        kinds = {anomaly.anomaly_type for anomaly in self.anomalies}
        return kinds == {AnomalyType.SECURITY_INCIDENT}

    @cached_property
    def failing_share(self) -> float:
        """Which share of its requests failed or was slow, 0..1, at most."""
        if not self.series.endpoint:
            # Shares of lines say little of requests.
            return _SHARE_NOT_KNOWN
        shares = [share for each in self.anomalies if (share := _share(each.metrics)) is not None]
        return max(shares, default=_SHARE_NOT_KNOWN)

    @cached_property
    def failing_by_window(self) -> Mapping[datetime, set[tuple[int, str]]]:
        """The failing traces of each window, of smallest hash, in the order of their hashes."""
        found: dict[datetime, set[tuple[int, str]]] = {}
        for anomaly in self.anomalies:
            if anomaly.anomaly_type in _SAMPLED_BY_HASH and anomaly.trace_ids:
                orders = {_trace_order(trace_id) for trace_id in anomaly.trace_ids}
                found.setdefault(anomaly.window_started_at, set()).update(orders)
        return found


def by_series(anomalies: Iterable[Anomaly]) -> dict[Series, Strayed]:
    """Return what strayed, in the order of the series; what others have found is left out."""
    found: dict[Series, list[Anomaly]] = {}
    own = (each for each in anomalies if not each.is_received)
    for anomaly in sorted(own, key=_order):
        found.setdefault(anomaly.series, []).append(anomaly)
    return {series: Strayed(series, found[series]) for series in sorted(found)}


def keep_apart(one: Strayed, other: Strayed) -> bool:
    """Whether both have plenty of failing traces of the same windows, and none in common.

    Samples are those of smallest hash, so they are compared as far as both reach.
    """
    ones, others = one.failing_by_window, other.failing_by_window
    plenty = False
    for window in ones.keys() & others.keys():
        reach = min(max(ones[window]), max(others[window]))
        mine, theirs = _within(ones[window], reach), _within(others[window], reach)
        if mine & theirs:
            return False
        plenty |= min(len(mine), len(theirs)) >= PLENTY
    return plenty and not one.traces & other.traces


def is_by_luck(one: Strayed, other: Strayed) -> bool:
    """Whether two that fail for reasons of their own would share as many traces.

    Each trace that failed in the one fails in the other by luck as often as any request does.

    >>> round(_at_least(3, 4, 0.5), 4), _at_least(1, 1, 1.0)
    (0.3125, 1.0)
    """
    shared = len(one.traces & other.traces)
    pairs = ((one, other), (other, one))
    chances = [_at_least(shared, len(some.traces), rest.failing_share) for some, rest in pairs]
    return max(chances) > _BY_LUCK


def _at_least(hits: int, tries: int, chance: float) -> float:
    """Return the upper tail of the binomial distribution."""
    if not 0.0 < chance < 1.0:
        return float(hits <= tries * chance)
    # In logarithms: of a thousand tries the coefficients are too large for a float.
    return sum(
        exp(_log_choose(tries, each) + each * log(chance) + (tries - each) * log1p(-chance))
        for each in range(hits, tries + 1)
    )


def _log_choose(of: int, count: int) -> float:
    return lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)


def _share(metrics: Mapping[str, float]) -> float | None:
    if "error_rate" in metrics:
        return min(metrics["error_rate"], 1.0)
    if metrics.get("requests") and "slow" in metrics:
        return min(metrics["slow"] / metrics["requests"], 1.0)
    return None


def _within(orders: set[tuple[int, str]], reach: tuple[int, str]) -> set[tuple[int, str]]:
    return {order for order in orders if order <= reach}


def _trace_order(trace_id: str) -> tuple[int, str]:
    # As the samples are chosen, see `vigil.detection.window`.
    return crc32(trace_id.encode("utf-8", "surrogatepass")), trace_id


def _order(anomaly: Anomaly) -> tuple[datetime, datetime, str]:
    return anomaly.detected_at, anomaly.started_at, anomaly.anomaly_id
