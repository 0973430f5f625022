"""Joins the entries of traces over batches into profiles."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from vigil.detection.event_time import SECOND_US, microseconds_of
from vigil.detection.traces.trace_summary import add_trace
from vigil.detection.traces.trace_tree import trace_spans
from vigil.logs.log_entry import LogEntry
from vigil.model.trace_profile import TraceProfile

# Entries of traces that are not known to be complete; 50,000 of them are about 50 MB.
_MOST_ENTRIES = 50_000
# A trace without a new entry for so long is complete.
_QUIET = timedelta(seconds=10)
_QUIET_US = _QUIET.seconds * SECOND_US
# The share of clocks that are taken to be right.
_MOST_CLOCKS = 0.95


@dataclass(slots=True)
class _Trace:
    """The entries of a trace so far, and the instants of the first and the last that came."""

    entries: list[LogEntry]
    first_us: int
    last_us: int


class TraceJoiner:
    """Collects the entries of each trace until it is complete, and sums it up.

    A trace is complete when nothing came of it while event time went on by ten seconds, and taken
    for complete when too many entries wait. It counts in the window of its first entry. `waiting`
    entries are kept.
    """

    def __init__(self, window_seconds: int = 60) -> None:
        self._window_us = window_seconds * SECOND_US
        self._traces: dict[str, _Trace] = {}
        self.waiting = 0
        self._now_us = 0

    def take_in(self, entries: Iterable[LogEntry]) -> dict[int, TraceProfile]:
        """Return what the traces showed that are complete now, by the start of their window.

        Windows are in seconds since 1970.
        """
        traced = [
            (entry, entry.trace_id, microseconds_of(entry.occurred_at))
            for entry in entries
            if entry.trace_id is not None
        ]
        if traced:
            # Not the last of them, and of these entries alone: no clock that runs ahead lasts.
            in_order = sorted([at_us for _, _, at_us in traced])
            self._now_us = in_order[int(_MOST_CLOCKS * (len(in_order) - 1))]
        for each in traced:
            self._keep(*each)
        return self._sum_up(self._now_us - _QUIET_US, _MOST_ENTRIES)

    def flush(self) -> dict[int, TraceProfile]:
        """Return what all traces that wait have shown so far, and forget them."""
        return self._sum_up(self._now_us, 0)

    def _keep(self, entry: LogEntry, trace_id: str, at_us: int) -> None:
        # Taken out and put back: the traces stay in the order of their last entry.
        trace = self._traces.pop(trace_id, None) or _Trace([], at_us, at_us)
        trace.entries.append(entry)
        trace.first_us = min(trace.first_us, at_us)
        trace.last_us = at_us
        self._traces[trace_id] = trace
        self.waiting += 1

    def _sum_up(self, quiet_since_us: int, at_most: int) -> dict[int, TraceProfile]:
        found: defaultdict[int, TraceProfile] = defaultdict(TraceProfile)
        for trace_id, trace in list(self._traces.items()):
            if trace.last_us > quiet_since_us and self.waiting <= at_most:
                continue
            del self._traces[trace_id]
            self.waiting -= len(trace.entries)
            start = trace.first_us // self._window_us * self._window_us // SECOND_US
            add_trace(found[start], trace_spans(trace.entries))
        return dict(found)
