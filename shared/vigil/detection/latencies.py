"""Latencies of a window as a sketch that also knows when the first of each bucket began."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from vigil.detection.event_time import microseconds_of
from vigil.model.duration_sketch import bucket_middle_us, duration_bucket

# By bucket: how many, and when the first of them began (microseconds since 1970).
Latencies = dict[int, tuple[int, int]]


def sketch_of(latencies_us: Sequence[int], began: Sequence[datetime]) -> Latencies:
    """Return the sketch of latencies, of which each `began` no later than the next."""
    sketch: Latencies = {}
    for latency_us, at in zip(latencies_us, began, strict=True):
        bucket = duration_bucket(latency_us)
        known = sketch.get(bucket)
        sketch[bucket] = (known[0] + 1, known[1]) if known else (1, microseconds_of(at))
    return sketch


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
    lowest = duration_bucket(int(latency_us))
    return sum([count for bucket, (count, _) in latencies.items() if bucket >= lowest])


def first_slower_us(latencies: Mapping[int, tuple[int, int]], latency_us: float) -> int | None:
    """Return when the first began that is in the bucket of a latency or above, None if none is."""
    lowest = duration_bucket(int(latency_us))
    return min([first for b, (_, first) in latencies.items() if b >= lowest], default=None)
