"""Durations as a sketch: a histogram whose buckets widen with the duration.

The idea of DDSketch (Masson, Rim, Lee: "DDSketch", VLDB 2019): buckets of equal ratio give every
quantile with a bounded relative error, and sketches of parts add up to that of the whole.
"""

from collections.abc import Mapping

# How many durations are in each bucket.
Sketch = dict[int, float]

_PER_DOUBLING = 8
_BITS = 3


def duration_bucket(duration_us: int) -> int:
    """Return the bucket of a duration; eight to each doubling, so at most an eighth wide.

    >>> [duration_bucket(us) for us in (0, 1000, 1023, 1024, 1280)]
    [0, 79, 79, 80, 82]
    """
    bits = duration_us.bit_length()
    if not bits:
        return 0
    # Shifted left first, for a time below eight microseconds has no further bits to tell it by.
    steps = (duration_us << _BITS >> (bits - 1)) & (_PER_DOUBLING - 1)
    return (bits - 1) * _PER_DOUBLING + steps


def bucket_middle_us(bucket: int) -> float:
    """Return the middle of a bucket, in microseconds.

    >>> bucket_middle_us(80)
    1088.0
    """
    bits, steps = divmod(bucket, _PER_DOUBLING)
    return (1 << bits) * (1.0 + (steps + 0.5) / _PER_DOUBLING)


def quantile_of(sketch: Mapping[int, float], share: float) -> float:
    """Return the duration, in microseconds, below which `share` (0..1) lies; off by a sixteenth.

    Raises ValueError if there are none.

    >>> quantile_of({80: 9, 112: 1}, 0.5), quantile_of({80: 9, 112: 1}, 0.99)
    (1088.0, 17408.0)
    """
    if not sketch:
        raise ValueError("no durations have no quantile")
    wanted = share * sum(sketch.values())
    below = 0.0
    for bucket in sorted(sketch):
        below += sketch[bucket]
        if below >= wanted:
            break
    return bucket_middle_us(bucket)
