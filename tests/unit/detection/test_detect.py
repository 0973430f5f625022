"""Detection as a whole: from entries to anomalies."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.builders import NOON, log_entry
from vigil.detection.detect import Detection, Observation, advance, observe
from vigil.detection.open_windows import HEARD
from vigil.detection.rules.silence import MOST_MISSED
from vigil.detection.service_state import ServiceState
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.log_severity import LogSeverity
from vigil.model.series import Series
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

USUAL = Thresholds()
PAYMENT = Series("shop", "POST /payment")


def at(seconds: float, **changes: object) -> LogEntry:
    """Return a payment `seconds` after noon, with a digest of its own."""
    instant = NOON + timedelta(seconds=seconds)
    fresh: dict[str, object] = {
        "digest": f"{int(seconds * 1_000_000) % 2**60:016x}",
        "occurred_at": instant,
        "received_at": instant + timedelta(seconds=1),
    }
    return log_entry(**(fresh | changes))


def failing(seconds: float, message: str = "card declined", **changes: object) -> LogEntry:
    fields = {"failed": True, "status": 500, "severity": LogSeverity.ERROR, "message": message}
    return at(seconds, **(fields | changes))


def watch(
    entries: Sequence[LogEntry], state: ServiceState | None = None, *, end: float = 10_000
) -> Detection:
    """Take in `entries`, and judge every window that ends until `end` seconds after noon."""
    return judged(see(entries, state).state, end)


def see(entries: Sequence[LogEntry], state: ServiceState | None = None) -> Observation:
    return observe(state or ServiceState("shop"), entries, thresholds=USUAL, calls={})


def judged(state: ServiceState, end: float) -> Detection:
    at_end = NOON + timedelta(seconds=end)
    return advance(state, at_end, tenant_id="acme", thresholds=USUAL, heard=frozenset())


def learned(windows: int = 12, latency_us: int = 180_000) -> ServiceState:
    """Return the state after `windows` quiet windows before noon, with 20 payments in each."""
    quiet = [
        at(60 * window + 3 * number, latency_us=latency_us)
        for window in range(-windows, 0)
        for number in range(20)
    ]
    return watch(quiet, end=0).state


LOGIN = {"endpoint": "POST /login", "status": 401, "severity": LogSeverity.WARNING}
TYPES = [
    pytest.param(
        [failing(n, f"refused by bank {n} {'ab'[n % 2]}") for n in range(4)],
        AnomalyType.ERROR_SPIKE,
        id="errors",
    ),
    pytest.param(
        [at(n, latency_us=1_250_000) for n in range(5)], AnomalyType.LATENCY_INCREASE, id="slow"
    ),
    pytest.param(
        [at(n / 9) for n in range(90)] + [failing(20 + n) for n in range(5)],
        AnomalyType.UNUSUAL_PATTERN,
        id="the same error five times among many payments",
    ),
    pytest.param(
        [at(n) for n in range(30)]
        + [at(40, message="OSError: No space left on device", severity=LogSeverity.WARNING)],
        AnomalyType.RESOURCE_EXHAUSTION,
        id="resource",
    ),
    pytest.param(
        [at(n, message=f"login failed for user {n}", **LOGIN) for n in range(5)],
        AnomalyType.SECURITY_INCIDENT,
        id="security",
    ),
]


@pytest.mark.parametrize(("entries", "expected"), TYPES)
def test_each_type_is_found(entries: list[LogEntry], expected: AnomalyType) -> None:
    extra = [at(n) for n in range(50, 52)] if expected is AnomalyType.ERROR_SPIKE else []
    found = {anomaly.anomaly_type for anomaly in watch(entries + extra, learned()).anomalies}
    assert found == {expected}


def test_a18_an_endpoint_gone_silent_is_told_for_as_long_as_it_lasts() -> None:
    state = learned()
    noon = int(NOON.timestamp())
    told: list[Anomaly] = []
    for minute in range(60):
        now = NOON + timedelta(minutes=minute)
        heard = frozenset(noon + 60 * number for number in range(minute - HEARD, minute + 1))
        ticked = advance(state, now, tenant_id="acme", thresholds=USUAL, heard=heard)
        state = ServiceState.from_bytes("shop", ticked.state.to_bytes())
        told += ticked.anomalies
    first = told[0]
    assert first.anomaly_type is AnomalyType.PERFORMANCE_DEGRADATION
    assert (first.severity, first.series) == (Severity.HIGH, PAYMENT)
    assert (first.started_at, first.detected_at) == (NOON, NOON + timedelta(minutes=2))
    ends = [NOON + timedelta(minutes=minute) for minute in range(2, MOST_MISSED + 1)]
    assert [anomaly.detected_at for anomaly in told] == ends
    assert len({anomaly.anomaly_id for anomaly in told}) == len(told)


def test_a18_a_silence_that_ends_and_comes_again_is_another_one() -> None:
    heard = frozenset(int(NOON.timestamp()) + 60 * number for number in range(-40, 60))

    def tick(state: ServiceState, seconds: float) -> Detection:
        now = NOON + timedelta(seconds=seconds)
        return advance(state, now, tenant_id="acme", thresholds=USUAL, heard=heard)

    first = tick(learned(), 180)
    back = [at(180 + 3 * number) for number in range(400)]
    second = tick(watch(back, first.state, end=1380).state, 1500)
    ids = [anomaly.anomaly_id for anomaly in first.anomalies + second.anomalies]
    assert len(ids) == len(set(ids))
    assert first.anomalies
    assert second.anomalies


def test_a18_a_silence_is_told_once_however_close_to_its_window_s_end_the_ticks_come() -> None:
    heard = frozenset(int(NOON.timestamp()) + 60 * number for number in range(-40, 2))
    state = learned()
    told: list[Anomaly] = []
    for seconds in (119.9, 120.0, 120.0, 120.4, 120.9):
        now = NOON + timedelta(seconds=seconds)
        ticked = advance(state, now, tenant_id="acme", thresholds=USUAL, heard=heard)
        state = ticked.state
        told += ticked.anomalies
    past = NOON + timedelta(seconds=120.4)
    at_once = advance(learned(), past, tenant_id="acme", thresholds=USUAL, heard=heard)

    assert [anomaly.detected_at for anomaly in told] == [NOON + timedelta(minutes=2)]
    assert list(at_once.anomalies) == told


def test_a18_a_gap_in_the_feed_of_the_whole_tenant_is_no_silence() -> None:
    ticked = advance(
        learned(),
        NOON + timedelta(hours=3),
        tenant_id="acme",
        thresholds=USUAL,
        heard=frozenset({int(NOON.timestamp()) - 60}),
    )
    assert ticked.anomalies == ()


def test_an_anomaly_says_when_it_began_who_is_hit_and_what_was_seen() -> None:
    entries = [at(n) for n in range(20)]
    entries += [failing(30.5 + n, f"declined by bank {n}", trace_id=f"t{n}") for n in range(20)]
    (spike,) = watch(entries).anomalies
    assert (spike.anomaly_type, spike.series) == (AnomalyType.ERROR_SPIKE, PAYMENT)
    assert spike.window_started_at == NOON
    assert spike.started_at == NOON + timedelta(seconds=30.5)
    assert spike.detected_at == NOON + timedelta(seconds=60)
    assert spike.description.startswith("High error rate detected: 50.0% (20/40 logs)")
    assert (spike.evidence[0].template, spike.evidence[0].count) == ("declined by bank <*>", 20)
    assert spike.evidence[0].exemplar.startswith("declined by bank ")
    assert len(spike.trace_ids) == 16
    assert spike.recommended_actions


def test_the_id_of_an_anomaly_names_tenant_series_type_and_window() -> None:
    first = watch([failing(n) for n in range(9)]).anomalies[0]
    again = watch([failing(n, "something else") for n in range(8)]).anomalies[0]
    assert first.anomaly_id == again.anomaly_id
    later = watch([failing(60 + n) for n in range(8)]).anomalies[0]
    assert first.anomaly_id != later.anomaly_id


def test_samples_of_traces_overlap_between_two_series() -> None:
    def traces(service: str, numbers: range) -> set[str]:
        entries = [failing(n / 10, service=service, trace_id=f"trace-{n}") for n in numbers]
        return set(watch(entries, ServiceState(service)).anomalies[0].trace_ids)

    assert len(traces("shop", range(300)) & traces("bank", range(299, 9, -1))) >= 12


def test_what_is_kept_is_redacted() -> None:
    entries = [
        failing(n, f"declined for ann{n}@example.com with password=hunter{n}") for n in range(6)
    ]
    seen = see(entries)
    anomalies = watch(entries).anomalies
    assert "declined for" in str(seen.state)
    assert "declined for" in str(anomalies)
    for kept in (str(seen.state), str(anomalies)):
        assert "hunter" not in kept
        assert "@example.com" not in kept


def test_a03_entries_marked_late_change_nothing() -> None:
    state = learned()
    seen = see([failing(n, late=True) for n in range(9)], state)
    assert seen.late == 9
    assert seen.state.to_bytes() == state.to_bytes()


@pytest.mark.parametrize(
    ("seconds", "late"),
    [
        pytest.param(-3600, True, id="an hour old"),
        pytest.param(-0.000001, True, id="a microsecond before the watermark's window"),
        pytest.param(0, False, id="in the window that is open"),
        pytest.param(86_400, False, id="a day ahead"),
    ],
)
def test_a03_only_entries_of_closed_windows_are_late(seconds: float, late: bool) -> None:
    assert see([failing(seconds)], learned()).late == int(late)


def test_a04_an_entry_from_the_future_neither_closes_nor_pins_a_window() -> None:
    ahead = at(86_400, received_at=NOON + timedelta(seconds=1))
    seen = see([ahead, *[failing(n) for n in range(9)]])
    assert see([at(30)], seen.state).late == 0
    assert {a.window_started_at for a in judged(seen.state, 65).anomalies} == {NOON}


def test_a_window_is_judged_when_the_watermark_is_at_its_end_and_not_before() -> None:
    state = see([failing(n) for n in range(9)]).state
    before, after = judged(state, 59.999), judged(state, 60)
    assert (before.anomalies, bool(after.anomalies)) == ((), True)


def test_nothing_given_is_changed() -> None:
    state = learned()
    before = (state.to_bytes(), state)
    entries = [failing(n, trace_id=f"t{n}") for n in range(9)]
    middle = see(entries, state).state
    kept = middle.to_bytes()
    watch([*entries, *[at(60 + n) for n in range(60)]], middle)
    assert (state.to_bytes(), state) == before
    assert middle.to_bytes() == kept


def test_callers_are_learned_and_told() -> None:
    checkout = Series("shop", "POST /checkout")
    calls = {PAYMENT: frozenset({checkout})}
    before = [at(n) for n in range(-50, -1)]
    seen = observe(ServiceState("shop"), before, thresholds=USUAL, calls=calls)
    anomaly = watch([failing(n) for n in range(9)], seen.state).anomalies[0]
    assert anomaly.callers == (checkout,)


def test_a_slow_level_is_not_learned_until_it_has_lasted() -> None:
    state, slow = learned(), USUAL.relearn_after_windows
    flags = []
    for window in range(slow + 2):
        entries = [at(60 * window + number, latency_us=1_000_000) for number in range(10)]
        seen = watch(entries, state, end=60 * window + 60)
        flags.append(bool(seen.anomalies))
        state = seen.state
    assert flags == [True] * slow + [False] * 2
    assert state.baselines["POST /payment"].latency_us == pytest.approx(1_000_000)


def test_the_baseline_is_the_weighted_mean_of_windows() -> None:
    state = watch([at(n, latency_us=100_000) for n in range(5)], end=60).state
    state = watch([at(60 + n, latency_us=200_000) for n in range(2)], state).state
    expected = 0.9 * 100_000 + 0.1 * 200_000
    assert state.baselines["POST /payment"].latency_us == pytest.approx(expected)


def test_a_step_in_the_middle_of_a_busy_window_is_seen_in_the_next() -> None:
    entries = [at(second, latency_us=180_000 if second < 36 else 900_000) for second in range(120)]
    (anomaly,) = watch(entries, learned()).anomalies
    assert anomaly.anomaly_type is AnomalyType.LATENCY_INCREASE
    assert anomaly.window_started_at == NOON + timedelta(seconds=60)
