"""From the entries of one endpoint in one window to their Window: where the time goes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from vigil.detection.event_time import microseconds_of
from vigil.detection.latencies import sketch_of
from vigil.detection.refusals import NONE_REFUSED, Refusals, is_refused
from vigil.detection.template_count import TemplateCount
from vigil.detection.window import (
    TEMPLATES,
    Window,
    bounded_callers,
    sampled_traces,
    slowest_traces,
    template_key,
)
from vigil.detection.wording import wording_of
from vigil.logs.log_entry import LogEntry
from vigil.logs.masking import LINE_LIMIT, VARIABLE, mask, redacted_line
from vigil.logs.redaction import redact_start
from vigil.logs.source import DENIED
from vigil.model.log_severity import LogSeverity
from vigil.model.series import Series

_SERVER_ERROR = 500
# A plain number compares faster than an enumeration's attribute is looked up.
_WARNING = int(LogSeverity.WARNING)
_REMEMBERED_LINES = 8192

Groups = dict[str, list[LogEntry]]


class _Wordings(NamedTuple):
    """How many lines tell of each kind of trouble, and the attempts that were refused."""

    resource: int
    security: int
    refused: Sequence[LogEntry]


_NO_WORDINGS = _Wordings(0, 0, ())


def summarise(entries: Sequence[LogEntry], callers: Iterable[Series] = ()) -> Window:
    """Return the Window of `entries`, which all lie in one window of one endpoint, in any order.

    What an entry says is counted by template. A request that went well says nothing but its
    endpoint and its status, which are counted already.
    """
    # In order of time the first of anything is the earliest.
    ordered = sorted(entries, key=attrgetter("occurred_at"))
    failed = [entry for entry in ordered if entry.failed]
    timed = [(e.latency_us, e.occurred_at, e.trace_id) for e in ordered if e.latency_us is not None]
    latencies = [latency for latency, _, _ in timed]
    statuses = [entry.status for entry in ordered if entry.status is not None]
    telling, others, wordings = _sorted_out(ordered)
    return Window(
        len(ordered),
        len(failed),
        _requests_among(ordered, max(len(timed), len(statuses))),
        len([status for status in statuses if status >= _SERVER_ERROR]),
        len(timed),
        sum(latencies),
        wordings.resource,
        wordings.security,
        microseconds_of(ordered[0].occurred_at),
        microseconds_of(ordered[-1].occurred_at),
        microseconds_of(failed[0].occurred_at) if failed else None,
        sketch_of(latencies, [began_at for _, began_at, _ in timed]) if timed else {},
        _counted(telling, others) if telling or others else {},
        sampled_traces([e.trace_id for e in failed if e.trace_id]) if failed else (),
        slowest_traces([(latency, trace) for latency, _, trace in timed if trace]),
        bounded_callers(callers) if callers else (),
        Refusals.of_refused(wordings.refused) if wordings.refused else NONE_REFUSED,
    )


def _requests_among(entries: Sequence[LogEntry], at_least: int) -> int:
    """Return how many have a status or a latency."""
    if at_least == len(entries):
        return at_least
    return len([1 for e in entries if e.status is not None or e.latency_us is not None])


def _sorted_out(entries: Sequence[LogEntry]) -> tuple[Groups, Groups, _Wordings]:
    """Return the telling and the other entries by masked line, and what their wording comes to."""
    telling: Groups = defaultdict(list)
    others: Groups = defaultdict(list)
    troubled: list[LogEntry] = []
    for entry in entries:
        if entry.failed or entry.severity >= _WARNING or entry.status in DENIED:
            troubled.append(entry)
        elif not entry.endpoint or not entry.message.startswith(entry.endpoint):
            others[mask(entry.message)].append(entry)
    return telling, others, _wordings_of(troubled, telling, others) if troubled else _NO_WORDINGS


def _wordings_of(entries: Sequence[LogEntry], telling: Groups, others: Groups) -> _Wordings:
    """Return what the wording of entries comes to, which may tell of trouble; sort them out."""
    resource = security = 0
    refused: list[LogEntry] = []
    for masked, alike in _by_mask(entries).items():
        wording = wording_of(masked)
        resource += len(alike) if wording.resource else 0
        security += len(alike) if wording.security else 0
        refused += [entry for entry in alike if is_refused(entry, wording)]
        # By the entry and its wording alone: whatever else comes with it.
        for entry in alike:
            tells = entry.failed or wording.resource or wording.security
            (telling if tells else others)[masked].append(entry)
    return _Wordings(resource, security, refused)


def _by_mask(entries: Sequence[LogEntry]) -> Groups:
    groups: defaultdict[str, list[LogEntry]] = defaultdict(list)
    for entry in entries:
        groups[mask(entry.message)].append(entry)
    return groups


def _counted(telling: Groups, others: Groups) -> dict[str, TemplateCount]:
    counts: dict[str, TemplateCount] = {}
    keys = [(template_key(masked), masked, telling) for masked in telling]
    keys += [(template_key(masked, telling=False), masked, others) for masked in others]
    # Chosen before anything is redacted, so that a flood of new templates costs no more than the
    # few that are kept. Every group of the TEMPLATES smallest keys is taken, also where two masked
    # lines share a key.
    for key, masked, groups in sorted(keys, key=_key_and_line):
        if key not in counts and len(counts) == TEMPLATES:
            break
        alike = groups[masked]
        count = _example_of(alike) if groups is telling else _count_of(alike, shown(masked))
        counts[key] = counts[key].merged(count) if key in counts else count
    return counts


def _key_and_line(item: tuple[str, str, Groups]) -> tuple[str, str]:
    return item[0], item[1]


@lru_cache(maxsize=_REMEMBERED_LINES)
def shown(masked: str) -> str:
    """Return a masked line as it may be kept: a function of it alone, for lines without exemplar.

    What is masked in part can be a piece of a secret, which the redactor no longer knows: such a
    token is a variable as a whole.

    >>> shown("token iMQBDcDLPY4i<*>zi for <*> accepted")
    'token <*> for <*> accepted'
    """
    whole = [VARIABLE if VARIABLE in token else token for token in masked.split(" ")]
    return redact_start(" ".join(whole), LINE_LIMIT)


def _example_of(alike: Sequence[LogEntry]) -> TemplateCount:
    """Count telling entries, with the one of smallest digest as the example."""
    sample = min(alike, key=_digest_of)
    exemplar = redacted_line(sample.message)
    count = _count_of(alike, mask(exemplar))
    return TemplateCount(
        count.text,
        count.count,
        count.failed,
        count.first_us,
        count.last_us,
        sample.digest,
        exemplar,
        sample.trace_id,
    )


def _count_of(alike: Sequence[LogEntry], text: str) -> TemplateCount:
    times = [entry.occurred_at for entry in alike]
    return TemplateCount(
        text=text,
        count=len(alike),
        failed=len([1 for entry in alike if entry.failed]),
        first_us=microseconds_of(min(times)),
        last_us=microseconds_of(max(times)),
    )


def _digest_of(entry: LogEntry) -> str:
    return entry.digest
