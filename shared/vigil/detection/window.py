"""A window: what one endpoint logged for a while, as numbers that add up in any order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zlib import crc32

from vigil.detection.template_count import TemplateCount
from vigil.model.series import Series

TEMPLATES = 64
FAILING_TRACES = 16
SLOWEST_TRACES = 8
CALLERS = 32


@dataclass(frozen=True, slots=True)
class Window:
    """What one endpoint logged in one window.

    `requests` are entries with a status or a latency, `latency_us` the sum over those `timed`.
    `resource` and `security` count entries by their wording. `first_by_latency` gives, for each
    `latency_bucket`, when its first request began. Everything is a sum, a minimum, a union, or the
    k smallest by a fixed order, and what was once beyond the k smallest stays so; therefore
    windows merge to the same value in any order and grouping (FAULTS A02).
    """

    entries: int = 0
    failed: int = 0
    requests: int = 0
    server_errors: int = 0
    timed: int = 0
    latency_us: int = 0
    resource: int = 0
    security: int = 0
    first_failed_us: int | None = None
    first_by_latency: dict[int, int] = field(default_factory=dict)
    templates: dict[str, TemplateCount] = field(default_factory=dict)
    failing_traces: tuple[str, ...] = ()
    slowest: tuple[tuple[int, str], ...] = ()
    callers: tuple[Series, ...] = ()

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
            _earlier(self.first_failed_us, other.first_failed_us),
            _merged_firsts(self.first_by_latency, other.first_by_latency),
            _merged_templates(self.templates, other.templates),
            sampled_traces(self.failing_traces + other.failing_traces),
            slowest_traces(self.slowest + other.slowest),
            bounded_callers(self.callers + other.callers),
        )


def latency_bucket(latency_us: int) -> int:
    """Return the bucket of a latency; four to each doubling, so at most a quarter wide.

    >>> [latency_bucket(us) for us in (0, 1000, 1023, 1024, 1280)]
    [0, 39, 39, 40, 41]
    """
    bits = latency_us.bit_length()
    # Shifted left first, for a latency below four microseconds has no further bits to tell it by.
    return bits * 4 + ((latency_us << 2 >> (bits - 1)) & 3) - 4 if bits else 0


def template_key(masked: str) -> str:
    """Return the key by which a masked line is counted: 32 bits, too few to betray the line."""
    return f"{crc32(masked.encode('utf-8', 'surrogatepass')):08x}"


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


def _trace_order(trace_id: str) -> tuple[int, str]:
    return crc32(trace_id.encode("utf-8", "surrogatepass")), trace_id


def _earlier(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _merged_firsts(one: dict[int, int], other: dict[int, int]) -> dict[int, int]:
    firsts = dict(one)
    for bucket, first in other.items():
        firsts[bucket] = min(first, firsts.get(bucket, first))
    return firsts


def _merged_templates(
    one: dict[str, TemplateCount], other: dict[str, TemplateCount]
) -> dict[str, TemplateCount]:
    if not other:
        return one
    counts = dict(one)
    for key, count in other.items():
        known = counts.get(key)
        counts[key] = known.merged(count) if known else count
    return smallest_templates(counts)
