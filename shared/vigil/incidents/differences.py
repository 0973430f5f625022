"""What the failures of an incident have in common that its other requests have not."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import inf, lgamma, log, log10

from vigil.model.counted import Counted
from vigil.model.impact import Difference
from vigil.model.percent import percent
from vigil.model.request_traffic import OTHER, Traffic

MOST_DIFFERENCES = 10
FEWEST_FAILURES = 5
# Luck finds so much once in ten thousand windows, however many values they have.
MOST_CHANCE = 1e-4
# What is only a little more common than usual explains no outage, however sure it is.
LEAST_RATIO = 1.5
LEAST_MORE = 0.2

_NOTHING = Counted(0.0, 0.0)
_NEGLIGIBLE = 1e-17
# Requests of one client or minute are not independent: rarer than this is not to be believed.
_MOST_ZEROS = 15
# The service and the name of a field.
_Field = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Value:
    """A value, its numbers in the bad window, those of its field, and its usual share."""

    service: str
    field: str
    value: str
    requests: int
    failed: int
    of_requests: int
    of_failed: int
    usual_share: float

    @property
    def share(self) -> float:
        return self.failed / self.of_failed

    @property
    def stands_out(self) -> bool:
        if self.failed < FEWEST_FAILURES:
            return False
        usual = self.usual_share
        return self.share >= max(LEAST_RATIO * usual, usual + LEAST_MORE) and self._fails_more

    @property
    def _fails_more(self) -> bool:
        """Whether its requests fail oftener than those of the other values; multiplied out."""
        rest, failed = self.of_requests - self.requests, self.of_failed - self.failed
        return self.failed * rest >= LEAST_RATIO * failed * self.requests


def differences(usual: Traffic, bad: Traffic, services: Collection[str]) -> tuple[Difference, ...]:
    """Return the values of fields that are too common among what failed, the surest first.

    A value is told if its share of the failures of `bad` is at least LEAST_RATIO times and
    LEAST_MORE above its usual share of the requests, if it fails LEAST_RATIO times as often as the
    other values meanwhile, with FEWEST_FAILURES failures or more, and if luck gives so many with a
    chance of MOST_CHANCE at most: Fisher's exact test, times the number of values that were looked
    at (Bonferroni). Shares are of the requests that name the field; where nothing usual is known of
    a field, the shares of the requests in `bad` stand for it. What stands for many values together
    is not looked at. At most MOST_DIFFERENCES.
    """
    looked_at = list(_values_of(usual, bad, services))
    found: list[tuple[float, Difference]] = []
    for each in looked_at:
        if each.stands_out:
            chance = log10(len(looked_at)) + _log_chance(each)
            if chance <= log10(MOST_CHANCE):
                found.append((chance, _told(each, chance)))
    found.sort(key=lambda pair: (pair[0], pair[1].service, pair[1].field, pair[1].value))
    return tuple(difference for _, difference in found[:MOST_DIFFERENCES])


def log_upper_tail(at_least: int, whole: int, marked: int, drawn: int) -> float:
    """Return log10 of P(X >= at_least), X the marked ones of `drawn` of `whole`; -inf for never.

    The hypergeometric distribution, summed from its definition; exact, and no number is too small
    for it.

    >>> round(10 ** log_upper_tail(2, 10, 4, 3), 4), log_upper_tail(0, 10, 4, 3)
    (0.3333, 0.0)
    """
    if at_least * whole <= marked * drawn:
        # The lower tail, seen as an upper tail of what is not marked; the sum stays small so.
        other = log_upper_tail(drawn - at_least + 1, whole, whole - marked, drawn)
        return log10(1.0 - 10.0**other) if other else -inf
    first = max(at_least, marked + drawn - whole, 0)
    if first > min(marked, drawn):
        return -inf
    total, term = 0.0, 1.0
    for count in range(first, min(marked, drawn) + 1):
        total += term
        ratio = (marked - count) * (drawn - count)
        term *= ratio / ((count + 1) * (whole - marked - drawn + count + 1))
        if term <= total * _NEGLIGIBLE:
            break
    chosen = _log_choose(marked, first) + _log_choose(whole - marked, drawn - first)
    return min((chosen - _log_choose(whole, drawn) + log(total)) / log(10.0), 0.0)


def _log_choose(of: int, count: int) -> float:
    return lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)


def _log_chance(value: _Value) -> float:
    return log_upper_tail(value.failed, value.of_requests, value.of_failed, value.requests)


def _values_of(usual: Traffic, bad: Traffic, services: Collection[str]) -> Iterator[_Value]:
    wholes, usual_wholes = _wholes(bad, services), _wholes(usual, services)
    for (service, field, value), counted in bad.values.items():
        whole = wholes.get((service, field), _NOTHING)
        if value == OTHER or round(whole.failed) < FEWEST_FAILURES:
            continue
        before = usual_wholes.get((service, field))
        part = usual.values.get((service, field, value), _NOTHING) if before else counted
        yield _Value(
            service,
            field,
            value,
            round(counted.requests),
            round(counted.failed),
            round(whole.requests),
            round(whole.failed),
            part.requests / (before or whole).requests,
        )


def _wholes(traffic: Traffic, services: Collection[str]) -> Mapping[_Field, Counted]:
    """Return how many requests name each field of `services`, and how many of those failed."""
    parts: defaultdict[_Field, list[Counted]] = defaultdict(list)
    for (service, field, _), counted in traffic.values.items():
        if service in services:
            parts[service, field].append(counted)
    sums = {
        of: Counted(sum(part.requests for part in each), sum(part.failed for part in each))
        for of, each in parts.items()
    }
    return {of: counted for of, counted in sums.items() if counted.requests > 0}


def _told(value: _Value, chance: float) -> Difference:
    served = value.requests / max(value.of_requests, 1)
    text = (
        f"{value.failed} of {value.of_failed} failures are of {value.field} {value.value}, "
        f"which serves {percent(served)} of the requests{_usually(value, served)} "
        f"({_chance_words(chance)})"
    )
    return Difference(
        value.service,
        value.field,
        value.value,
        share=value.share,
        usual_share=value.usual_share,
        count=value.failed,
        total=value.of_failed,
        text=text,
    )


def _usually(value: _Value, served: float) -> str:
    """Say what is usual where it is not about what it is now: then traffic has moved as well."""
    moved = abs(served - value.usual_share)
    return f", usually {percent(value.usual_share)}" if moved >= LEAST_MORE / 2 else ""


def _chance_words(chance: float) -> str:
    zeros = int(-chance)
    return (
        f"chance under 1 in 10^{_MOST_ZEROS}" if zeros > _MOST_ZEROS else f"chance 1 in 10^{zeros}"
    )
