"""From the entries of one endpoint in one window to their Window: where the time goes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from vigil.detection.event_time import microseconds_of
from vigil.detection.template_count import TemplateCount
from vigil.detection.window import (
    TEMPLATES,
    Window,
    bounded_callers,
    latency_bucket,
    sampled_traces,
    slowest_traces,
    template_key,
)
from vigil.detection.wording import wording_of
from vigil.logs.log_entry import LogEntry
from vigil.logs.template_miner import mask, redacted_line
from vigil.model.log_severity import LogSeverity
from vigil.model.series import Series

_SERVER_ERROR = 500
_DENIED = frozenset({401, 403})
# A plain number compares faster than an enumeration's attribute is looked up.
_WARNING = int(LogSeverity.WARNING)

Timed = tuple[int, LogEntry]
Templates = tuple[dict[str, TemplateCount], int, int]


def summarise(entries: Sequence[LogEntry], callers: Iterable[Series] = ()) -> Window:
    """Return the Window of `entries`, which all lie in one window of one endpoint, in any order.

    Only entries that failed, warn, or were denied (401, 403) are looked at for what they say.
    """
    failed = [entry for entry in entries if entry.failed]
    timed = [(entry.latency_us, entry) for entry in entries if entry.latency_us is not None]
    statuses = [entry.status for entry in entries if entry.status is not None]
    templates, resource, security = _templates_of(
        [e for e in entries if e.failed or e.severity >= _WARNING or e.status in _DENIED]
    )
    return Window(
        len(entries),
        len(failed),
        len([1 for e in entries if e.status is not None or e.latency_us is not None]),
        len([status for status in statuses if status >= _SERVER_ERROR]),
        len(timed),
        sum([latency for latency, _ in timed]),
        resource,
        security,
        microseconds_of(min([e.occurred_at for e in failed])) if failed else None,
        _first_by_latency(timed),
        templates,
        sampled_traces([e.trace_id for e in failed if e.trace_id]),
        slowest_traces([(latency, e.trace_id) for latency, e in timed if e.trace_id]),
        bounded_callers(callers) if callers else (),
    )


def _first_by_latency(timed: Sequence[Timed]) -> dict[int, int]:
    firsts: dict[int, datetime] = {}
    for latency, entry in timed:
        bucket = latency_bucket(latency)
        first = firsts.get(bucket)
        if first is None or entry.occurred_at < first:
            firsts[bucket] = entry.occurred_at
    return {bucket: microseconds_of(first) for bucket, first in firsts.items()}


def _templates_of(entries: Sequence[LogEntry]) -> Templates:
    """Count `entries` by wording, and by template where they failed or the wording tells."""
    if not entries:
        return {}, 0, 0
    resource = security = 0
    telling: dict[str, list[LogEntry]] = {}
    for masked, alike in _by_mask(entries).items():
        wording = wording_of(masked)
        resource += len(alike) if wording.resource else 0
        security += len(alike) if wording.security else 0
        if wording.resource or wording.security or any([entry.failed for entry in alike]):
            telling[masked] = alike
    return _counted(telling), resource, security


def _by_mask(entries: Sequence[LogEntry]) -> dict[str, list[LogEntry]]:
    groups: defaultdict[str, list[LogEntry]] = defaultdict(list)
    for entry in entries:
        groups[mask(entry.message)].append(entry)
    return groups


def _counted(groups: dict[str, list[LogEntry]]) -> dict[str, TemplateCount]:
    counts: dict[str, TemplateCount] = {}
    # Chosen before anything is redacted, so that a flood of new templates costs no more than the
    # few that are kept. Every group of the TEMPLATES smallest keys is taken, also where two masked
    # lines share a key.
    for key, masked in sorted([(template_key(masked), masked) for masked in groups]):
        if key not in counts and len(counts) == TEMPLATES:
            break
        count = _count_of(groups[masked])
        counts[key] = counts[key].merged(count) if key in counts else count
    return counts


def _count_of(alike: Sequence[LogEntry]) -> TemplateCount:
    sample = min(alike, key=_digest_of)
    exemplar = redacted_line(sample.message)
    times = [entry.occurred_at for entry in alike]
    return TemplateCount(
        text=mask(exemplar),
        count=len(alike),
        failed=len([1 for entry in alike if entry.failed]),
        first_us=microseconds_of(min(times)),
        last_us=microseconds_of(max(times)),
        digest=sample.digest,
        exemplar=exemplar,
        trace_id=sample.trace_id,
    )


def _digest_of(entry: LogEntry) -> str:
    return entry.digest
