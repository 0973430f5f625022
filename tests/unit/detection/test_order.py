"""A02: what was found does not depend on the order in which entries came, nor on their batches."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOON, log_entry
from vigil.detection.detect import advance, observe
from vigil.detection.service_state import ServiceState
from vigil.detection.summary import summarise
from vigil.detection.window import Window
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly
from vigil.model.log_severity import LogSeverity
from vigil.model.series import Series
from vigil.model.tenant import Thresholds

USUAL = Thresholds(baseline_minimum_samples=3, silence_minimum_windows=2)
HEARD = frozenset(int(NOON.timestamp()) + 60 * minute for minute in range(9))
CALLS = {Series("shop", "POST /payment"): frozenset({Series("web", "GET /"), Series("app", "")})}


def entry_of(number: int, second: float, kind: int, latency_ms: int) -> LogEntry:
    when = NOON + timedelta(seconds=second)
    kinds: list[dict[str, object]] = [
        {"latency_us": latency_ms * 1000},
        {"latency_us": latency_ms * 1000, "failed": True, "status": 503},
        {"failed": True, "severity": LogSeverity.ERROR, "message": f"declined {latency_ms % 3}"},
        {"severity": LogSeverity.WARNING, "message": "login failed", "endpoint": "POST /login"},
        {"severity": LogSeverity.ERROR, "message": "disk full", "endpoint": "", "failed": True},
        {"status": 401, "endpoint": "POST /login", "source": f"{latency_ms % 3:06x}"},
    ]
    identity = {"digest": f"{number * 7919 % 10_007:016x}", "trace_id": f"trace-{number % 17}"}
    return log_entry(occurred_at=when, received_at=when, **(identity | kinds[kind]))


ENTRIES = st.lists(
    st.tuples(st.floats(0, 400), st.integers(0, 5), st.integers(1, 2000)), min_size=1, max_size=80
).map(lambda rows: [entry_of(number, *row) for number, row in enumerate(rows)])


def play(batches: Sequence[Sequence[LogEntry]]) -> tuple[bytes, list[Anomaly], int]:
    """Return the state, the anomalies and the number of late entries, with a tick after each batch.

    Another service was heard in every window, so that a silence can be told.
    """
    state, late = ServiceState("shop"), 0
    found: list[Anomaly] = []
    arrived = NOON
    for batch in batches:
        seen = observe(state, batch, thresholds=USUAL, calls=CALLS)
        late += seen.late
        arrived = max([arrived, *[entry.received_at for entry in batch]])
        state, told = tick(seen.state, arrived)
        found += told
    state, told = tick(state, NOON + timedelta(hours=1))
    return state.to_bytes(), [*found, *told], late


def tick(state: ServiceState, arrived: datetime) -> tuple[ServiceState, tuple[Anomaly, ...]]:
    watermark = arrived - timedelta(seconds=USUAL.allowed_lateness_seconds)
    ticked = advance(state, watermark, tenant_id="acme", thresholds=USUAL, heard=HEARD)
    return ServiceState.from_bytes("shop", ticked.state.to_bytes()), ticked.anomalies


@settings(max_examples=150)
@given(ENTRIES, st.randoms(use_true_random=False))
def test_a02_every_order_and_split_within_the_lateness_gives_the_same(
    entries: list[LogEntry], chance: Random
) -> None:
    delays = {entry.digest: timedelta(seconds=chance.uniform(0, 29.9)) for entry in entries}
    arrived = sorted(entries, key=lambda entry: entry.occurred_at + delays[entry.digest])
    cuts = sorted(chance.randint(0, len(arrived)) for _ in range(chance.randint(0, 6)))
    edges = [0, *cuts, len(arrived)]
    batches = [arrived[start:end] for start, end in pairwise(edges)]
    assert play(batches) == play([entries])


def windows_of(entries: list[LogEntry]) -> list[Window]:
    return [summarise(entries[start::3]) for start in range(3) if entries[start::3]]


def test_g4_a_template_shows_no_part_of_a_random_key_and_is_its_exemplars_in_any_order() -> None:
    entries = [
        log_entry(
            digest=f"{number:016x}",
            failed=True,
            message=f"refused iMQBDcDLPY4i6zi2XkY6+{number}41a for {who}",
        )
        for number, who in enumerate(["203.0.113.7", "a@example.com", "12"] * 2, start=1)
    ]
    window = summarise(entries)
    assert window == summarise(entries[::-1])
    assert window == summarise(entries[3:]).merged(summarise(entries[:3]))
    [count] = window.templates.values()
    assert (count.text, count.count) == ("refused [SECRET] for [IP]", 6)


@given(ENTRIES)
def test_a02_windows_merge_in_any_order_and_grouping(entries: list[LogEntry]) -> None:
    windows = windows_of(entries)
    forward, backward = windows[0], windows[-1]
    for window in windows[1:]:
        forward = forward.merged(window)
    for window in windows[-2::-1]:
        backward = window.merged(backward)
    assert forward == backward == summarise(entries)
