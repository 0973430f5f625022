"""A19: whatever comes, a state stays small."""

import string
from datetime import timedelta

from tests.builders import NOON, log_entry
from vigil.detection.closing import ENDPOINTS
from vigil.detection.detect import advance, observe
from vigil.detection.open_windows import HEARD, OTHER_ENDPOINTS, TEMPLATES_OF_A_SERVICE
from vigil.detection.service_state import ServiceState
from vigil.detection.window import CALLERS, FAILING_TRACES, SLOWEST_TRACES, TEMPLATES
from vigil.logs.log_entry import LogEntry
from vigil.model.log_severity import LogSeverity
from vigil.model.series import Series
from vigil.model.tenant import Thresholds

USUAL = Thresholds()
# What Firestore takes in one document, less room for the other fields.
DOCUMENT_BYTES = 1_000_000


def word(number: int) -> str:
    return "".join(string.ascii_lowercase[int(digit)] for digit in f"{number:06}")


def failing(number: int, endpoint: str = "POST /payment") -> LogEntry:
    return log_entry(
        digest=f"{number:016x}",
        endpoint=endpoint,
        occurred_at=NOON + timedelta(milliseconds=number % 50_000),
        severity=LogSeverity.ERROR,
        failed=True,
        status=500,
        message=f"failed at {word(number)} " + "and so on " * 40,
        trace_id=f"trace-{number}",
    )


def seen(entries: list[LogEntry], state: ServiceState | None = None) -> ServiceState:
    calls = {
        Series("shop", "POST /payment"): frozenset(Series(word(n), "GET /") for n in range(99))
    }
    return observe(state or ServiceState("shop"), entries, thresholds=USUAL, calls=calls).state


def test_a19_every_line_new_every_trace_new() -> None:
    state = ServiceState("shop")
    for start in range(0, 4_000, 1_000):
        state = seen([failing(number) for number in range(start, start + 1_000)], state)
    (window,) = state.windows[int(NOON.timestamp())].values()
    assert (window.entries, window.failed) == (4_000, 4_000)
    assert len(window.templates) == TEMPLATES
    assert len(window.failing_traces) == FAILING_TRACES
    assert len(window.slowest) == SLOWEST_TRACES
    assert len(window.callers) == CALLERS


def test_a19_every_line_new_on_every_endpoint() -> None:
    state = seen([failing(number, f"GET /{word(number % 700)}") for number in range(2_800)])
    (series,) = state.windows.values()
    assert len(series) == ENDPOINTS + 1
    assert series[OTHER_ENDPOINTS].entries == 800
    assert sum(len(window.templates) for window in series.values()) == TEMPLATES_OF_A_SERVICE
    assert len(state.to_bytes()) < DOCUMENT_BYTES


def test_a19_a_scanner_does_not_push_out_the_endpoints_that_are_used() -> None:
    state = ServiceState("shop")
    for minute in range(16):
        when = NOON + timedelta(minutes=minute)
        used = [] if minute == 13 else ["POST /payment"]
        guessed = [f"GET /{word(1000 * minute + n)}" for n in range(600)] if minute > 11 else []
        batch = [
            log_entry(endpoint=endpoint, occurred_at=when, received_at=when)
            for endpoint in used + guessed
        ]
        over = when + timedelta(minutes=1)
        added = seen(batch, state)
        state = advance(added, over, tenant_id="acme", thresholds=USUAL, heard=frozenset()).state
    assert len(state.baselines) == ENDPOINTS
    assert state.baselines["POST /payment"].windows == 15


def test_judged_windows_that_were_heard_are_remembered_only_so_far() -> None:
    minutes = [NOON + timedelta(minutes=number) for number in range(100)]
    state = seen([log_entry(occurred_at=minute, received_at=minute) for minute in minutes])
    assert len(state.heard) == 100
    over = NOON + timedelta(minutes=100)
    state = advance(state, over, tenant_id="acme", thresholds=USUAL, heard=frozenset()).state
    state = seen([], state)
    noon = int(NOON.timestamp())
    assert state.heard == tuple(noon + 60 * number for number in range(100 - HEARD, 100))
