"""A profile of traces as bytes."""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from vigil.errors import PermanentError
from vigil.model.doings import Doings, Operation, Part, PartKind
from vigil.model.duration_sketch import Sketch

# Counts fade with time, so they are no whole numbers; more digits would only be noise.
_DIGITS = 4
_SKETCH_DIGITS = 2
_DAMAGE = (zlib.error, ValueError, TypeError, KeyError, IndexError, AttributeError)

MOST_OPERATIONS = 2000
MOST_PARTS = 60
MOST_PAIRS = 4000
# With what was requested beside it, it has to go into a document of 1 MiB.
MOST_BYTES = 400_000

Operations = dict[Operation, Doings]
# By calling and called service.
Gaps = dict[tuple[str, str], Sketch]
# By caller and callee the numbers of a `Call`, in its order.
Called = dict[tuple[Operation, Operation], list[float]]

K = TypeVar("K", bound="tuple[Any, ...]")
V = TypeVar("V")
_Places = Mapping[str, int]


def write_profile(operations: Operations, gaps_us: Gaps, called: Called) -> bytes:
    """Return a profile as compressed JSON, every text once; equal profiles give equal bytes.

    What was seen least is left out where there are more than MOST_OPERATIONS operations, MOST_PARTS
    parts of one of them, MOST_PAIRS pairs, or MOST_BYTES bytes.
    """
    share = 1.0
    while len(packed := _write_most(operations, gaps_us, called, share)) > MOST_BYTES:
        share /= 2
    return packed


def _write_most(operations: Operations, gaps_us: Gaps, called: Called, share: float) -> bytes:
    """Return the `share` (0..1) of what may be kept at most, as bytes."""
    pairs = int(MOST_PAIRS * share)
    operations = _most(operations, int(MOST_OPERATIONS * share), lambda doings: doings.count)
    gaps_us = _most(gaps_us, pairs, lambda sketch: sum(sketch.values()))
    called = _most(called, pairs, lambda sums: sums[0])
    texts = sorted({*_texts_of(operations), *chain(*gaps_us), *chain(*chain(*called))})
    places = {text: place for place, text in enumerate(texts)}
    plain = [
        texts,
        [_operation(places, *item) for item in sorted(operations.items())],
        [[*_placed(places, pair), _packed(gaps_us[pair])] for pair in sorted(gaps_us)],
        [_call(places, *item) for item in sorted(called.items())],
    ]
    return zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), 6)


def read_profile(packed: bytes) -> tuple[Operations, Gaps, Called]:
    """Return what `write_profile` wrote; raise PermanentError if it is anything else."""
    try:
        texts, operations, gaps, called = json.loads(zlib.decompress(packed))
        return (
            dict(_read_operation(texts, *row) for row in operations),
            {(texts[a], texts[b]): _unpacked(sketch) for a, b, sketch in gaps},
            {
                ((texts[a], texts[b]), (texts[c], texts[d])): [float(each) for each in sums]
                for a, b, c, d, *sums in called
            },
        )
    except _DAMAGE as error:
        raise PermanentError(f"a profile of traces is damaged: {error}") from error


def _most(counted: dict[K, V], at_most: int, count: Callable[[V], float]) -> dict[K, V]:
    if len(counted) <= at_most:
        return counted
    kept = sorted(counted, key=lambda key: (-count(counted[key]), key))[:at_most]
    return {key: counted[key] for key in kept}


def _texts_of(operations: Operations) -> Iterable[str]:
    for operation, doings in operations.items():
        yield from operation
        for part in doings.parts:
            yield from part


def _placed(places: _Places, texts: Iterable[str]) -> list[int]:
    return [places[text] for text in texts]


def _call(places: _Places, pair: tuple[Operation, Operation], sums: Sequence[float]) -> list[float]:
    return [*_placed(places, chain(*pair)), *[_rounded(each) for each in sums]]


def _operation(places: _Places, operation: Operation, doings: Doings) -> list[object]:
    most = _most(doings.parts, MOST_PARTS, lambda count: count)
    parts = [[*_placed(places, part), _rounded(most[part])] for part in sorted(most)]
    sketch = _packed(doings.own_us)
    return [*_placed(places, operation), _rounded(doings.count), sketch, *parts]


def _read_operation(
    texts: list[str], service: int, name: int, count: float, sketch: Any, *parts: Any
) -> tuple[Operation, Doings]:
    found = {
        Part(PartKind(texts[kind]), texts[of], texts[what]): float(times)
        for kind, of, what, times in parts
    }
    return (texts[service], texts[name]), Doings(float(count), found, _unpacked(sketch))


def _packed(sketch: Sketch) -> list[float]:
    """Return steps from bucket to bucket and counts in turn; most steps are small."""
    row: list[float] = []
    last = 0
    for bucket, count in sorted(sketch.items()):
        row += [bucket - last, _rounded(count, _SKETCH_DIGITS)]
        last = bucket
    return row


def _unpacked(row: list[float]) -> Sketch:
    sketch: Sketch = {}
    bucket = 0
    for step, count in zip(row[::2], row[1::2], strict=True):
        bucket += int(step)
        sketch[bucket] = float(count)
    return sketch


def _rounded(count: float, digits: int = _DIGITS) -> float:
    rounded = float(f"{count:.{digits}g}")
    return int(rounded) if rounded.is_integer() else rounded
