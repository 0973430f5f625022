"""Each rule at its threshold, one step below it and one above."""

import pytest

from vigil.detection.baseline import Baseline
from vigil.detection.judge import RULES, Rule, broken_limits, worth_telling
from vigil.detection.rules.error_rate import error_rate
from vigil.detection.rules.latency import latency
from vigil.detection.rules.repeated_errors import repeated_errors
from vigil.detection.rules.resource_exhaustion import resource_exhaustion
from vigil.detection.rules.security_incident import security_incident
from vigil.detection.rules.server_errors import server_errors
from vigil.detection.rules.silence import silence
from vigil.detection.template_count import TemplateCount
from vigil.detection.window import Window
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.model.tenant import Thresholds

USUAL = Thresholds()
LEARNED = Baseline(last_seen=0, latency_us=100_000.0, samples=10, windows=1)


def template(text: str = "boom", failed: int = 1, count: int | None = None) -> TemplateCount:
    return TemplateCount(text, count or failed, failed, 1, 2, "d", text)


@pytest.mark.parametrize(
    ("failed", "entries", "severity"),
    [
        pytest.param(10, 100, None, id="exactly the limit"),
        pytest.param(11, 100, Severity.MEDIUM, id="just above"),
        pytest.param(199, 1000, Severity.MEDIUM, id="below a fifth"),
        pytest.param(20, 100, Severity.HIGH, id="a fifth"),
        pytest.param(49, 100, Severity.HIGH, id="below a half"),
        pytest.param(50, 100, Severity.CRITICAL, id="a half"),
        pytest.param(4, 4, None, id="too few entries"),
        pytest.param(5, 5, Severity.CRITICAL, id="just enough entries"),
        pytest.param(0, 0, None, id="nothing at all"),
    ],
)
def test_error_rate(failed: int, entries: int, severity: Severity | None) -> None:
    found = error_rate(Window(entries=entries, failed=failed), USUAL)
    assert (found.severity if found else None) == severity


def test_the_error_rate_is_told_in_the_form_of_the_agent() -> None:
    found = error_rate(Window(entries=200, failed=50, first_failed_us=7), USUAL)
    assert found is not None
    assert found.description.startswith("High error rate detected: 25.0% (50/200 logs), ")
    assert found.metrics == {"error_rate": 0.25, "failed": 50, "entries": 200}
    assert found.started_us == 7


@pytest.mark.parametrize(
    ("failed", "entries", "told"),
    [
        pytest.param(1, 5, False, id="one of five can be luck"),
        pytest.param(2, 5, True, id="two of five hardly"),
        pytest.param(11, 100, False, id="a shade above the limit, of a hundred"),
        pytest.param(1100, 10_000, True, id="the same share of ten thousand"),
    ],
)
def test_the_least_confidence_asks_for_volume(failed: int, entries: int, told: bool) -> None:
    findings = broken_limits(RULES, Window(entries=entries, failed=failed), None, USUAL)
    assert bool(worth_telling(findings, USUAL)) is told


@pytest.mark.parametrize(
    ("broken", "requests", "severity"),
    [
        pytest.param(20, 100, None, id="exactly the limit"),
        pytest.param(21, 100, Severity.HIGH, id="just above"),
        pytest.param(49, 100, Severity.HIGH, id="below a half"),
        pytest.param(50, 100, Severity.CRITICAL, id="a half"),
        pytest.param(4, 4, None, id="too few requests"),
        pytest.param(2, 5, Severity.HIGH, id="just enough requests"),
        pytest.param(0, 0, None, id="nothing at all"),
    ],
)
def test_server_errors(broken: int, requests: int, severity: Severity | None) -> None:
    found = server_errors(Window(requests=requests, server_errors=broken), USUAL)
    assert (found.severity if found else None) == severity


def test_both_error_rules_on_one_window_tell_the_graver_once() -> None:
    window = Window(entries=100, failed=15, requests=20, server_errors=15)
    assert len(broken_limits(RULES, window, None, USUAL)) == 2
    told = worth_telling(broken_limits(RULES, window, None, USUAL), USUAL)
    assert [(f.anomaly_type, f.severity) for f in told] == [
        (AnomalyType.ERROR_SPIKE, Severity.CRITICAL)
    ]


@pytest.mark.parametrize(
    ("times", "told"),
    [pytest.param(4, False, id="below the limit"), pytest.param(5, True, id="the limit")],
)
def test_repeated_errors(times: int, told: bool) -> None:
    window = Window(failed=9, templates={"a": template("boom", times), "b": template("bang", 3)})
    found = repeated_errors(window, USUAL)
    assert (found is not None) is told
    if found:
        assert (found.anomaly_type, found.severity) == (
            AnomalyType.UNUSUAL_PATTERN,
            Severity.MEDIUM,
        )
        assert found.description == f'The same error {times} times (limit 5): "boom"'


def test_warnings_are_no_repeated_errors() -> None:
    assert repeated_errors(Window(templates={"a": template(failed=0, count=50)}), USUAL) is None


@pytest.mark.parametrize(
    ("mean_ms", "severity"),
    [
        pytest.param(300, None, id="exactly the factor"),
        pytest.param(301, Severity.MEDIUM, id="just above"),
        pytest.param(499, Severity.MEDIUM, id="below five"),
        pytest.param(500, Severity.HIGH, id="five times"),
        pytest.param(999, Severity.HIGH, id="below ten"),
        pytest.param(1000, Severity.CRITICAL, id="ten times"),
    ],
)
def test_latency(mean_ms: int, severity: Severity | None) -> None:
    found = latency(Window(timed=10, latency_us=10 * mean_ms * 1000), LEARNED, USUAL)
    assert (found.severity if found else None) == severity


@pytest.mark.parametrize(
    ("window", "baseline"),
    [
        pytest.param(Window(timed=2, latency_us=9_000_000), LEARNED, id="two requests"),
        pytest.param(Window(timed=9, latency_us=9_000_000), None, id="nothing learned"),
        pytest.param(
            Window(timed=9, latency_us=9_000_000),
            Baseline(last_seen=0, latency_us=100_000.0, samples=9),
            id="too little learned",
        ),
        pytest.param(
            Window(timed=10, latency_us=10 * 50_000),
            Baseline(last_seen=0, latency_us=1_000.0, samples=99),
            id="fifty times slower, but by 49 ms only",
        ),
        pytest.param(Window(), LEARNED, id="no requests"),
    ],
)
def test_latency_says_nothing_of_too_little(window: Window, baseline: Baseline | None) -> None:
    assert latency(window, baseline, USUAL) is None


def test_latency_is_told_beside_the_baseline_and_with_the_slow_traces_only() -> None:
    usual = Baseline(last_seen=0, latency_us=180_000.0, samples=50)
    window = Window(
        timed=4,
        latency_us=5_000_000,
        latencies={136: (2, 5), 160: (1, 9), 164: (1, 7)},
        slowest=((2_000_000, "slow"), (1_900_000, "slow"), (150_000, "quick")),
    )
    found = latency(window, usual, USUAL)
    assert found is not None
    assert found.description == "Latency spike: 1250ms (baseline: 180ms, 6.9x slower)"
    assert (found.trace_ids, found.started_us) == (("slow",), 7)


def test_confidence_in_latency_grows_with_requests_and_factor() -> None:
    def confidence(timed: int, mean_ms: int) -> float:
        found = latency(Window(timed=timed, latency_us=timed * mean_ms * 1000), LEARNED, USUAL)
        return found.confidence if found else 0.0

    assert USUAL.minimum_confidence < confidence(3, 301) < confidence(4, 301) < confidence(4, 400)


def test_a_baseline_of_zero_is_no_division() -> None:
    usual = Baseline(last_seen=0, latency_us=0.0, samples=50)
    assert latency(Window(timed=5, latency_us=5_000_000), usual, USUAL) is not None


@pytest.mark.parametrize(
    ("count", "told"), [pytest.param(0, False, id="none"), pytest.param(1, True, id="one")]
)
def test_resource_exhaustion(count: int, told: bool) -> None:
    window = Window(entries=9, resource=count, templates={"a": template("no space left", 0, 1)})
    found = resource_exhaustion(window, USUAL)
    assert (found is not None) is told
    if found:
        assert (found.severity, found.evidence[0].text) == (Severity.HIGH, "no space left")
        assert found.confidence >= USUAL.minimum_confidence


@pytest.mark.parametrize(
    ("count", "told"), [pytest.param(4, False, id="below"), pytest.param(5, True, id="the limit")]
)
def test_security_incident(count: int, told: bool) -> None:
    window = Window(entries=9, security=count, templates={"a": template("login failed", 0, count)})
    found = security_incident(window, USUAL)
    assert (found is not None) is told
    if found:
        assert (found.severity, found.evidence[0].count) == (Severity.HIGH, count)


REGULAR = Baseline(last_seen=0, requests=7.0, presence=1.0, windows=10)


@pytest.mark.parametrize(
    ("baseline", "missed", "told"),
    [
        pytest.param(REGULAR, 1, False, id="one missed window"),
        pytest.param(REGULAR, 2, True, id="two missed windows"),
        pytest.param(REGULAR, 30, True, id="the last time that it is told"),
        pytest.param(REGULAR, 31, False, id="the new normal"),
        pytest.param(Baseline(0, requests=4.0, windows=10), 3, False, id="rare, chance 6e-6"),
        pytest.param(Baseline(0, requests=4.0, windows=10), 4, True, id="rare, chance 1e-7"),
        pytest.param(Baseline(0, requests=99.0, windows=9), 9, False, id="hardly known"),
        pytest.param(
            Baseline(0, requests=99.0, presence=0.79, windows=99), 9, False, id="irregular"
        ),
        pytest.param(Baseline(0, requests=99.0, presence=0.8, windows=99), 2, True, id="regular"),
    ],
)
def test_a18_silence(baseline: Baseline, missed: int, told: bool) -> None:
    found = silence(baseline, [60 * number for number in range(missed + 1)], USUAL)
    assert (found is not None) is told


def test_a18_windows_in_which_nothing_was_heard_are_no_silence() -> None:
    assert silence(REGULAR, [], USUAL) is None
    assert silence(REGULAR, [-60, 0], USUAL) is None


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("baseline", [None, LEARNED], ids=["new", "learned"])
def test_no_rule_finds_anything_in_an_empty_window(rule: Rule, baseline: Baseline | None) -> None:
    assert rule(Window(), baseline, USUAL) is None
