"""A window as a record: plain values in a fixed order, for the state of a service.

Positions take half the bytes and a third of the time of names. Instants are kept as microseconds
since the window's start.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vigil.detection.latencies import Latencies
from vigil.detection.refusals import NONE_REFUSED, Refusals
from vigil.detection.template_count import TemplateCount
from vigil.detection.window import Window
from vigil.model.series import Series

Record = list[Any]


def record_of(window: Window, start_us: int) -> Record:
    """Return the record of a window that began at `start_us`; equal windows give equal records.

    >>> window = Window(entries=2, first_us=5, last_us=9, latencies={80: (2, 7)})
    >>> window_of(record_of(window, 4), 4) == window
    True
    """
    refusals = window.refusals
    return [
        window.entries,
        window.failed,
        window.requests,
        window.server_errors,
        window.timed,
        window.latency_us,
        window.resource,
        window.security,
        _since(start_us, window.first_us),
        window.last_us - start_us,
        _since(start_us, window.first_failed_us),
        _sketch_record(window.latencies, start_us),
        [_template_record(*each, start_us) for each in sorted(window.templates.items())],
        window.failing_traces,
        _columns(window.slowest),
        [name for caller in window.callers for name in (caller.service, caller.endpoint)],
        (refusals.refused, *_columns(refusals.attempts)),
        _sketch_record(window.waits, start_us),
    ]


def window_of(record: Record, start_us: int) -> Window:
    """Return the window of a record; raises ValueError or TypeError for one of another shape."""
    sums, (first_us, last_us, first_failed_us) = record[:8], record[8:11]
    latencies, templates, failing, slowest, callers, refusals, waits = record[11:]
    refused, *attempts = refusals
    fields = [
        *sums,
        _after(start_us, first_us),
        last_us + start_us,
        _after(start_us, first_failed_us),
        _sketch_of(latencies, start_us),
        dict([_template_of(each, start_us) for each in templates]),
        tuple(failing),
        tuple(zip(*slowest, strict=True)),
        tuple(map(_series, callers[::2], callers[1::2])),
        Refusals(refused, tuple(zip(*attempts, strict=True))) if refused else NONE_REFUSED,
        _sketch_of(waits, start_us) if waits[0] else {},
    ]
    return Window(*fields)


def _sketch_record(sketch: Latencies, start_us: int) -> Record:
    buckets = sorted(sketch)
    counts, firsts = _columns([sketch[bucket] for bucket in buckets]) or ((), ())
    return [buckets, counts, [first_us - start_us for first_us in firsts]]


def _sketch_of(record: Record, start_us: int) -> Latencies:
    buckets, counts, since_us = record
    firsts = [first + start_us for first in since_us]
    return dict(zip(buckets, zip(counts, firsts, strict=True), strict=True))


def _columns(rows: Sequence[tuple[Any, Any]]) -> tuple[tuple[Any, ...], ...]:
    return tuple(zip(*rows, strict=True))


def _template_record(key: str, count: TemplateCount, start_us: int) -> Record:
    return [
        key,
        count.text,
        count.count,
        count.failed,
        count.first_us - start_us,
        count.last_us - start_us,
        count.digest,
        count.exemplar,
        count.trace_id,
    ]


def _template_of(record: Record, start_us: int) -> tuple[str, TemplateCount]:
    key, text, count, failed, first, last, digest, exemplar, trace_id = record
    times = first + start_us, last + start_us
    return key, TemplateCount(text, count, failed, *times, digest, exemplar, trace_id)


# Who calls is the same in most windows.
@lru_cache(maxsize=4096)
def _series(service: str, endpoint: str) -> Series:
    return Series(service, endpoint)


def _since(start_us: int, at_us: int | None) -> int | None:
    return None if at_us is None else at_us - start_us


def _after(start_us: int, since_us: int | None) -> int | None:
    return None if since_us is None else since_us + start_us
