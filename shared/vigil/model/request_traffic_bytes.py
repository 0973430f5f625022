"""Traffic of requests as bytes."""

import json
import zlib
from collections.abc import Iterable, Mapping
from itertools import accumulate, chain, pairwise
from typing import Any, TypeVar

from vigil.errors import PermanentError
from vigil.model.counted import Counted
from vigil.model.doings import Operation
from vigil.model.user_hashes import UserSketch
from vigil.model.user_sample import Sampled, UserSample

MOST_ENDPOINTS = 2000
MOST_SERVICES = 200
# Digests and pseudonyms cannot be compressed: a full sample takes 2 kB.
MOST_SAMPLES = 64

# (service, field, value).
FieldValue = tuple[str, str, str]
Endpoints = dict[Operation, Counted]
Values = dict[FieldValue, Counted]
Users = dict[str, UserSketch]
# By service and field.
Samples = dict[tuple[str, str], UserSample]

# Counts fade with time, so they are no whole numbers; more digits would only be noise.
_DIGITS = 6
_DAMAGE = (zlib.error, ValueError, TypeError, KeyError, IndexError, AttributeError)

K = TypeVar("K", bound="tuple[str, ...]")
_Rows = list[list[Any]]


def write_traffic(
    endpoints: Endpoints, values: Values, users: Users, failed: Users, samples: Samples
) -> bytes:
    """Return traffic as compressed JSON, every text once; equal traffic gives equal bytes.

    Where there are more than MOST_SERVICES services the least busy are left out, and so are the
    least busy endpoints where there are more than MOST_ENDPOINTS. Of more than MOST_SAMPLES samples
    those with the most failures are kept.
    """
    samples = _most_failing(samples)
    kept = _busiest_services(endpoints, values)
    endpoints = _busiest({key: each for key, each in endpoints.items() if key[0] in kept})
    values = {key: each for key, each in values.items() if key[0] in kept}
    sketches = [{name: who[name] for name in sorted(kept & who.keys())} for who in (users, failed)]
    samples = {key: samples[key] for key in sorted(samples) if key[0] in kept}
    texts = sorted({*chain(*endpoints), *chain(*values), *chain(*sketches), *chain(*samples)})
    places = {text: place for place, text in enumerate(texts)}
    plain = [
        texts,
        _counted_rows(places, endpoints),
        _counted_rows(places, values),
        *[_user_rows(places, sketch) for sketch in sketches],
        [
            [*_placed(places, key), [*chain(*sample.failed)], [*chain(*sample.well)]]
            for key, sample in samples.items()
        ],
    ]
    return zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), 6)


def read_traffic(packed: bytes) -> tuple[Endpoints, Values, Users, Users, Samples]:
    """Return what `write_traffic` wrote; raise PermanentError if it is anything else."""
    try:
        texts, endpoints, values, users, failed, samples = json.loads(zlib.decompress(packed))
        return (
            {(texts[a], texts[b]): _read_counted(*numbers) for a, b, *numbers in endpoints},
            {
                (texts[a], texts[b], texts[c]): _read_counted(*numbers)
                for a, b, c, *numbers in values
            },
            {texts[service]: _read_sketch(steps) for service, *steps in users},
            {texts[service]: _read_sketch(steps) for service, *steps in failed},
            {
                (texts[a], texts[b]): UserSample(_read_sampled(failures), _read_sampled(others))
                for a, b, failures, others in samples
            },
        )
    except _DAMAGE as error:
        raise PermanentError(f"traffic is damaged: {error}") from error


def _busiest_services(endpoints: Endpoints, values: Values) -> set[str]:
    """Return the services with the most requests; one that only has values comes last."""
    requests = {service: 0.0 for service, _, _ in values}
    for (service, _), counted in endpoints.items():
        requests[service] = requests.get(service, 0.0) + counted.requests
    return set(sorted(requests, key=lambda service: (-requests[service], service))[:MOST_SERVICES])


def _busiest(endpoints: Endpoints) -> Endpoints:
    busiest = sorted(endpoints, key=lambda key: (-endpoints[key].requests, key))
    return {key: endpoints[key] for key in busiest[:MOST_ENDPOINTS]}


def _counted_rows(places: Mapping[str, int], counts: Mapping[K, Counted]) -> _Rows:
    return [
        [*_placed(places, key), _rounded(counts[key].requests), _rounded(counts[key].failed)]
        for key in sorted(counts)
    ]


def _user_rows(places: Mapping[str, int], users: Users) -> _Rows:
    """Return each service with the steps from hash to hash, which are shorter than hashes."""
    return [
        [places[service], *[b - a for a, b in pairwise([0, *sketch.hashes])]]
        for service, sketch in users.items()
    ]


def _placed(places: Mapping[str, int], texts: Iterable[str]) -> list[int]:
    return [places[text] for text in texts]


def _rounded(count: float) -> float:
    rounded = float(f"{count:.{_DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


def _read_counted(requests: float, failed: float) -> Counted:
    return Counted(float(requests), float(failed))


def _read_sketch(steps: list[int]) -> UserSketch:
    return UserSketch(list(accumulate(map(int, steps))))


def _most_failing(samples: Samples) -> Samples:
    most = sorted(samples, key=lambda key: (-len(samples[key].failed), key))
    return {key: samples[key] for key in most[:MOST_SAMPLES]}


def _read_sampled(texts: list[str]) -> list[Sampled]:
    return list(zip(map(str, texts[::2]), map(str, texts[1::2]), strict=True))
