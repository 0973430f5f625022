"""A window: what one endpoint logged for a while, as numbers that add up in any order."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from zlib import crc32

from vigil.detection.latencies import Latencies, merged_latencies
from vigil.detection.refusals import NONE_REFUSED, Refusals
from vigil.detection.template_count import TemplateCount
from vigil.model.series import Series

# Of one endpoint in one window; code that writes more different lines outside of requests is rare.
TEMPLATES = 128
FAILING_TRACES = 16
SLOWEST_TRACES = 8
CALLERS = 32
_WENT_WELL = 5
_TELLING, _OTHER = "0", "1"
# Nobody changes what a window holds.
_NO_LATENCIES: Latencies = {}
_NO_TEMPLATES: dict[str, TemplateCount] = {}


class Window(NamedTuple):
    """What one endpoint logged in one window.

    `requests` are entries with a status or a latency, `latency_us` the sum over those `timed`, and
    `latencies` their sketch; `waits` is the sketch of how much longer callers waited (`Waits`).
    `resource` and `security` count entries by their wording. `first_us`
    and `last_us` are when the first and the last entry happened. Everything is a sum, a minimum, a
    union, or the k smallest by a fixed order, and what was once beyond the k smallest stays so;
    therefore windows merge to the same value in any order and grouping (FAULTS A02). It is a tuple
    since that is made six times sooner, and each batch makes three of them for an endpoint.
    """

    entries: int = 0
    failed: int = 0
    requests: int = 0
    server_errors: int = 0
    timed: int = 0
    latency_us: int = 0
    resource: int = 0
    security: int = 0
    first_us: int | None = None
    last_us: int = 0
    first_failed_us: int | None = None
    latencies: Latencies = _NO_LATENCIES
    templates: dict[str, TemplateCount] = _NO_TEMPLATES
    failing_traces: tuple[str, ...] = ()
    slowest: tuple[tuple[int, str], ...] = ()
    callers: tuple[Series, ...] = ()
    refusals: Refusals = NONE_REFUSED
    waits: Latencies = _NO_LATENCIES

    def share_since(self, onset_us: int | None, strayed: int, total: int) -> float:
        """Return which share of `total`, evenly spread entries `strayed` from `onset_us` on.

        Trouble seldom begins with a window: of what came before it nothing strayed, and that says
        nothing of how bad it is. Five that went well are assumed, lest a few make it look worse
        than it is; it is at least the share of the whole.

        >>> half = Window(first_us=0, last_us=60_000_000)
        >>> half.share_since(30_000_000, 45, 100), half.share_since(None, 45, 100)
        (0.8181818181818182, 0.45)
        """
        if not total:
            return 0.0
        if self.first_us is None or onset_us is None or self.last_us <= self.first_us:
            return strayed / total
        since = (self.last_us - onset_us) / (self.last_us - self.first_us)
        return max(strayed / total, strayed / max(total * since + _WENT_WELL, strayed))

    def merged(self, other: "Window") -> "Window":
        """Return what both saw together.

        >>> Window(entries=2, failed=1).merged(Window(entries=3)) == Window(entries=5, failed=1)
        True
        """
        return Window(
            self.entries + other.entries,
            self.failed + other.failed,
            self.requests + other.requests,
            self.server_errors + other.server_errors,
            self.timed + other.timed,
            self.latency_us + other.latency_us,
            self.resource + other.resource,
            self.security + other.security,
            _earlier(self.first_us, other.first_us),
            max(self.last_us, other.last_us),
            _earlier(self.first_failed_us, other.first_failed_us),
            merged_latencies(self.latencies, other.latencies),
            _merged_templates(self.templates, other.templates),
            _merged_samples(self.failing_traces, other.failing_traces),
            _merged_slowest(self.slowest, other.slowest),
            _merged_callers(self.callers, other.callers),
            self.refusals.merged(other.refusals),
            merged_latencies(self.waits, other.waits),
        )


def template_key(masked: str, *, telling: bool = True) -> str:
    """Return the key by which a masked line is counted: 32 bits, too few to betray the line.

    Where there is no room for all, `telling` ones come first: those that failed, or whose wording
    says that something is wrong.
    """
    digest = crc32(masked.encode("utf-8", "surrogatepass"))
    return f"{_TELLING if telling else _OTHER}{digest:08x}"


def is_telling(key: str) -> bool:
    """Whether a template's key is that of a telling one."""
    return key.startswith(_TELLING)


def sampled_traces(trace_ids: Iterable[str]) -> tuple[str, ...]:
    """Return the FAILING_TRACES traces of smallest hash, so that samples of two series overlap."""
    distinct = set(trace_ids)
    if not distinct:
        return ()
    return tuple(sorted(distinct, key=_trace_order)[:FAILING_TRACES])


def slowest_traces(traces: Iterable[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    """Return the SLOWEST_TRACES slowest of (latency in microseconds, trace id)."""
    return tuple(sorted(set(traces), reverse=True)[:SLOWEST_TRACES])


def smallest_templates(templates: Mapping[str, TemplateCount]) -> dict[str, TemplateCount]:
    """Return the TEMPLATES templates of smallest key; the others count only in the sums (A19)."""
    return {key: templates[key] for key in sorted(templates)[:TEMPLATES]}


def bounded_callers(callers: Iterable[Series]) -> tuple[Series, ...]:
    """Return at most CALLERS distinct callers, in order."""
    return tuple(sorted(set(callers))[:CALLERS])


def _merged_samples(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return sampled_traces(one + other) if one and other else one or other


def _merged_slowest(
    one: tuple[tuple[int, str], ...], other: tuple[tuple[int, str], ...]
) -> tuple[tuple[int, str], ...]:
    # Most of what is added is no slower than what has been slow so far.
    if not other or (len(one) == SLOWEST_TRACES and other[0] <= one[-1]):
        return one
    return slowest_traces(one + other)


def _merged_callers(one: tuple[Series, ...], other: tuple[Series, ...]) -> tuple[Series, ...]:
    return bounded_callers(one + other) if one and other and one != other else one or other


def _trace_order(trace_id: str) -> tuple[int, str]:
    return crc32(trace_id.encode("utf-8", "surrogatepass")), trace_id


def _earlier(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _merged_templates(
    one: dict[str, TemplateCount], other: dict[str, TemplateCount]
) -> dict[str, TemplateCount]:
    if not one or not other:
        return one or other
    counts = dict(one)
    for key, count in other.items():
        known = counts.get(key)
        counts[key] = known.merged(count) if known else count
    return counts if len(counts) <= TEMPLATES else smallest_templates(counts)
