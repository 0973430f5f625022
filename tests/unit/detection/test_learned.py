"""What a series that has learned of itself is told of, and how grave that is."""

from dataclasses import replace

import pytest

from vigil.detection.baseline import Baseline
from vigil.detection.finding import Finding
from vigil.detection.judge import SeriesJudge
from vigil.detection.learned.silence import silence
from vigil.detection.place import Place
from vigil.detection.seen import Seen
from vigil.detection.window import Window
from vigil.model.anomaly import AnomalyType
from vigil.model.duration_sketch import duration_bucket
from vigil.model.series import Series
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

USUAL = Thresholds()
DAY = 86_400
HUNDRED_MS = 100_000


def minute(requests: int = 100, failed: int = 0, slow: int = 0, ms: int = 100) -> Window:
    """Return a minute of requests, of which some fail, and some take ten times as long."""
    latencies = {duration_bucket(ms * 1000): (requests - slow, 0)}
    if slow:
        latencies[duration_bucket(ms * 10_000)] = (slow, 0)
    return Window(
        entries=requests,
        failed=failed,
        requests=requests,
        server_errors=failed,
        timed=requests,
        latency_us=1000 * ms * (requests + 9 * slow),
        latencies={bucket: each for bucket, each in latencies.items() if each[0]},
    )


def seen(window: Window, at: int, baseline: Baseline | None) -> Seen:
    return Seen(window, Place("acme", Series("shop", "GET /"), at, at + 60), baseline, {})


def judge_of(baseline: Baseline | None) -> SeriesJudge:
    return SeriesJudge(baseline, USUAL, lambda _: 0)


def learned(
    windows: int, usual: Window | None = None, baseline: Baseline | None = None
) -> Baseline:
    """Return what is known after so many minutes alike, from 1970 on or after those known."""
    start = baseline.last_seen + 60 if baseline else 0
    known = baseline
    for at in range(start, start + 60 * windows, 60):
        known = judge_of(known).learn(seen(usual or minute(failed=1), at, known), ())
    assert known is not None
    return known


def told(baseline: Baseline, window: Window) -> dict[AnomalyType, Finding]:
    at = baseline.last_seen + 60
    found = judge_of(baseline).find(seen(window, at, baseline))
    return {finding.anomaly_type: finding for finding in found}


@pytest.mark.parametrize(
    ("failed", "severity"),
    [
        pytest.param(1, None, id="as always"),
        pytest.param(4, None, id="some more may be luck"),
        pytest.param(10, Severity.LOW, id="unusual, within the limit"),
        pytest.param(15, Severity.MEDIUM, id="above the limit"),
        pytest.param(25, Severity.HIGH, id="a quarter"),
        pytest.param(60, Severity.CRITICAL, id="most"),
    ],
)
def test_errors_are_as_grave_as_many_fail(failed: int, severity: Severity | None) -> None:
    found = told(learned(1440), minute(failed=failed)).get(AnomalyType.ERROR_SPIKE)
    assert (found.severity if found else None) == severity


def test_errors_are_told_beside_what_is_usual() -> None:
    found = told(learned(120), minute(failed=25))[AnomalyType.ERROR_SPIKE]
    assert found.description.startswith("error rate 25.0% (25 of 100), usually 1.0% at this hour")
    assert found.metrics["usual_error_rate"] == pytest.approx(0.01, rel=0.1)
    assert found.metrics["learned_since"] == 0.0


def test_failures_that_only_several_windows_prove_are_as_grave_as_their_rate() -> None:
    baseline = learned(600, minute(requests=4))
    worse = minute(requests=4, failed=2)
    baseline = learned(3, worse, baseline)
    found = told(baseline, worse)[AnomalyType.ERROR_SPIKE]
    assert "in 4 windows" in found.description
    assert found.severity.pages


def test_d31_errors_that_rise_by_a_tenth_an_hour_are_told_within_the_limit() -> None:
    baseline = learned(600, minute(requests=200, failed=2))
    for step in range(48 * 60):
        rate = 0.01 * 1.1 ** (step / 60)
        window = minute(requests=200, failed=round(200 * rate))
        if AnomalyType.ERROR_SPIKE in told(baseline, window):
            break
        baseline = learned(1, window, baseline)
    assert rate < 0.1


def test_a_slow_minority_is_told_and_nobody_is_woken_for_it() -> None:
    found = told(learned(120), minute(slow=15))[AnomalyType.LATENCY_INCREASE]
    assert found.description.startswith("15 of 100 requests took about 1")
    assert not found.severity.pages


def test_all_of_them_slow_wakes_somebody() -> None:
    found = told(learned(120), minute(slow=100))[AnomalyType.LATENCY_INCREASE]
    assert found.severity.pages


def test_one_slow_request_is_no_news() -> None:
    assert AnomalyType.LATENCY_INCREASE not in told(learned(120), minute(slow=1))


def test_a_latency_that_creeps_up_over_hours_is_told() -> None:
    baseline = learned(4 * 1440, minute(requests=20))
    found: dict[AnomalyType, Finding] = {}
    for step in range(360):
        window = minute(requests=20, ms=100 + step // 4)
        found = told(baseline, window)
        if AnomalyType.PERFORMANCE_DEGRADATION in found:
            break
        baseline = learned(1, window, baseline)
    creeping = found[AnomalyType.PERFORMANCE_DEGRADATION]
    assert creeping.detector == "slow_shift"
    assert creeping.severity is Severity.LOW


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        pytest.param(95, None, id="about as many"),
        pytest.param(5, AnomalyType.PERFORMANCE_DEGRADATION, id="hardly any"),
        pytest.param(1000, AnomalyType.UNUSUAL_PATTERN, id="ten times as many"),
    ],
)
def test_how_many_come_is_told_after_a_day(requests: int, expected: AnomalyType | None) -> None:
    by_volume = {AnomalyType.PERFORMANCE_DEGRADATION, AnomalyType.UNUSUAL_PATTERN}
    found = set(told(learned(1500), minute(requests))) & by_volume
    assert found == ({expected} if expected else set())
    assert set(told(learned(600), minute(requests))) & by_volume == set()


def test_a18_silence_is_told_of_what_is_never_silent_at_this_hour() -> None:
    baseline = learned(1500)
    heard = [baseline.last_seen + 60 * window for window in range(1, 4)]
    found = silence(baseline, heard, USUAL)
    assert found is not None
    assert found.description.startswith("No requests in 3 windows of 60 s, usually 300")
    assert silence(replace(baseline, last_seen=heard[-1]), heard, USUAL) is None
