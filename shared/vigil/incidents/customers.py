"""Users and customers, by their pseudonyms, beside all others in the bad window of an incident."""

from collections import Counter
from collections.abc import Collection, Iterator

from vigil.incidents.field_value import FEWEST_FAILURES, FieldValue
from vigil.model.counted import Counted
from vigil.model.request_traffic import OTHER, Traffic
from vigil.model.user_sample import MOST_SAMPLED, UserSample

_NOTHING = Counted(0.0, 0.0)


def customers(bad: Traffic, services: Collection[str]) -> Iterator[FieldValue]:
    """Yield everybody who is in the samples of `bad`, of each of the services.

    Failures and other requests are sampled apart, as a case-control study does: how rare a table of
    both is by luck does not rest on how many of either were taken. Which part of all requests
    somebody makes is estimated with the numbers of both. A pseudonym is another one the next day,
    so nobody knows what is usual for it: what it makes meanwhile stands for that.
    """
    for (service, field), sample in sorted(bad.samples.items()):
        named = bad.values.get((service, field, OTHER), _NOTHING)
        if service in services and len(sample.failed) >= FEWEST_FAILURES and named.requests > 0:
            yield from _of_field(service, field, sample, named)


def _of_field(service: str, field: str, sample: UserSample, named: Counted) -> Iterator[FieldValue]:
    failed = Counter([user for _, user in sample.failed])
    well = Counter([user for _, user in sample.well])
    for user in sorted({*failed, *well}):
        of_failures = failed[user] / len(sample.failed)
        of_others = well[user] / max(len(sample.well), 1)
        part_failed = named.failed / named.requests
        served = part_failed * of_failures + (1.0 - part_failed) * of_others
        yield FieldValue(
            service,
            field,
            user,
            failed[user] + well[user],
            failed[user],
            len(sample.failed) + len(sample.well),
            len(sample.failed),
            served=served,
            usual_share=served,
            sampled=len(sample.failed) == MOST_SAMPLED,
        )
