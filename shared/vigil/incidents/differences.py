"""What the failures of an incident have in common that its other requests have not."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from math import log10

from vigil.incidents.customers import customers
from vigil.incidents.field_value import FEWEST_FAILURES, FieldValue
from vigil.model.counted import Counted
from vigil.model.impact import Difference
from vigil.model.request_traffic import OTHER, Traffic

MOST_DIFFERENCES = 10
# Luck finds so much once in ten thousand windows, however many values they have.
MOST_CHANCE = 1e-4

_NOTHING = Counted(0.0, 0.0)
# The service and the name of a field.
_Field = tuple[str, str]


def differences(usual: Traffic, bad: Traffic, services: Collection[str]) -> tuple[Difference, ...]:
    """Return the values of fields that are too common among what failed, the surest first.

    A value is told if its share of the failures of `bad` is at least LEAST_RATIO times and
    LEAST_MORE above its usual share of the requests, if it fails LEAST_RATIO times as often as the
    other values meanwhile, with FEWEST_FAILURES failures or more, and if luck gives so many with a
    chance of MOST_CHANCE at most: Fisher's exact test, times the number of values of its field that
    were looked at, times the number of fields (Bonferroni's correction, of which each field has an
    equal part: thousands of customers hide no revision). Shares are of the requests that name the
    field; where nothing usual is known of a field, the shares of the requests in `bad` stand for
    it. What stands for many values together is not looked at, nor are values of fewer requests than
    could be told: the test takes the numbers of requests as given, so that is a fair choice
    (Tarone, "A modified Bonferroni method for discrete data", Biometrics 1990). At most
    MOST_DIFFERENCES.
    """
    values = [*_values_of(usual, bad, services), *customers(bad, services)]
    looked_at = [each for each in values if each.requests >= FEWEST_FAILURES]
    alike = Counter([(each.service, each.field) for each in looked_at])
    found: list[tuple[float, Difference]] = []
    for each in looked_at:
        if each.stands_out:
            tried = len(alike) * alike[each.service, each.field]
            chance = log10(tried) + each.log_chance
            if chance <= log10(MOST_CHANCE):
                found.append((chance, each.told(chance)))
    found.sort(key=lambda pair: (pair[0], pair[1].service, pair[1].field, pair[1].value))
    return tuple(difference for _, difference in found[:MOST_DIFFERENCES])


def _values_of(usual: Traffic, bad: Traffic, services: Collection[str]) -> Iterator[FieldValue]:
    wholes, usual_wholes = _wholes(bad, services), _wholes(usual, services)
    for (service, field, value), counted in bad.values.items():
        whole = wholes.get((service, field), _NOTHING)
        if value == OTHER or round(whole.failed) < FEWEST_FAILURES:
            continue
        before = usual_wholes.get((service, field))
        part = usual.values.get((service, field, value), _NOTHING) if before else counted
        yield FieldValue(
            service,
            field,
            value,
            round(counted.requests),
            round(counted.failed),
            round(whole.requests),
            round(whole.failed),
            served=counted.requests / whole.requests,
            usual_share=part.requests / (before or whole).requests,
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
