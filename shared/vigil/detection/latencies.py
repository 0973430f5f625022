"""Latencies of a window as a sketch: a histogram whose buckets widen with the latency.

The idea of DDSketch (Masson, Rim, Lee: "DDSketch", VLDB 2019): buckets of equal ratio give every
quantile with a bounded relative error, and sketches of parts add up to that of the whole.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from vigil.detection.event_time import microseconds_of

# By bucket: how many, and when the first of them began (microseconds since 1970).
Latencies = dict[int, tuple[int, int]]

_PER_DOUBLING = 8
_BITS = 3


def latency_bucket(latency_us: int) -> int:
    """Return the bucket of a latency; eight to each doubling, so at most an eighth wide.

    >>> [latency_bucket(us) for us in (0, 1000, 1023, 1024, 1280)]
    [0, 79, 79, 80, 82]
    """
    bits = latency_us.bit_length()
    if not bits:
        return 0
    # Shifted left first, for a latency below eight microseconds has no further bits to tell it by.
    steps = (latency_us << _BITS >> (bits - 1)) & (_PER_DOUBLING - 1)
    return (bits - 1) * _PER_DOUBLING + steps


def sketch_of(latencies_us: Sequence[int], began: Sequence[datetime]) -> Latencies:
    """Return the sketch of latencies, of which each `began` no later than the next."""
    sketch: Latencies = {}
    for latency_us, at in zip(latencies_us, began, strict=True):
        bucket = latency_bucket(latency_us)
        known = sketch.get(bucket)
        sketch[bucket] = (known[0] + 1, known[1]) if known else (1, microseconds_of(at))
    return sketch


def bucket_middle_us(bucket: int) -> float:
    """Return the middle of a bucket, in microseconds.

    >>> bucket_middle_us(80)
    1088.0
    """
    bits, steps = divmod(bucket, _PER_DOUBLING)
    return (1 << bits) * (1.0 + (steps + 0.5) / _PER_DOUBLING)


def merged_latencies(one: Latencies, other: Latencies) -> Latencies:
    """Return the sketch of both."""
    if not other:
        return one
    merged = dict(one)
    for bucket, (count, first) in other.items():
        known = merged.get(bucket)
        merged[bucket] = (known[0] + count, min(known[1], first)) if known else (count, first)
    return merged


def quantile_us(latencies: Mapping[int, tuple[int, int]], share: float) -> float:
    """Return the latency, in microseconds, below which `share` (0..1) of them lie.

    It is off by at most a sixteenth. Raises ValueError if there are none.

    >>> quantile_us({80: (9, 0), 112: (1, 0)}, 0.5), quantile_us({80: (9, 0), 112: (1, 0)}, 0.99)
    (1088.0, 17408.0)
    """
    if not latencies:
        raise ValueError("no latencies have no quantile")
    wanted = share * sum([count for count, _ in latencies.values()])
    below = 0
    for bucket in sorted(latencies):
        below += latencies[bucket][0]
        if below >= wanted:
            break
    return bucket_middle_us(bucket)


def slower_than(latencies: Mapping[int, tuple[int, int]], latency_us: float) -> int:
    """Return how many are in the bucket of a latency or above."""
    lowest = latency_bucket(int(latency_us))
    return sum([count for bucket, (count, _) in latencies.items() if bucket >= lowest])


def first_slower_us(latencies: Mapping[int, tuple[int, int]], latency_us: float) -> int | None:
    """Return when the first began that is in the bucket of a latency or above, None if none is."""
    lowest = latency_bucket(int(latency_us))
    return min([first for b, (_, first) in latencies.items() if b >= lowest], default=None)
