"""What is told of a series while little is known: changes and what lasts, but no level."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.builders import NOON, log_entry
from vigil.detection.watch import Watch
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly, AnomalyType
from vigil.model.log_severity import LogSeverity
from vigil.model.tenant import Thresholds

ENTRIES = 60
USUAL_US = 20_000
LINES = (
    "disk is odd",
    "cart is void",
    "page is torn",
    "stock is low",
    "card is worn",
    "gift is lost",
)


def minute(
    at: int, errors: dict[str, int], *, status: int | None = None, slow: int = 0
) -> list[LogEntry]:
    """Return a minute of requests, so many of which say each of `errors`, `slow` take long."""
    said = [line for line, times in errors.items() for _ in range(times)]
    entries = []
    for number in range(ENTRIES):
        when = NOON + timedelta(minutes=at, seconds=number)
        is_bad = number < len(said)
        entries.append(
            log_entry(
                digest=f"{at:08x}{number:04x}",
                occurred_at=when,
                received_at=when,
                status=status if is_bad else None,
                failed=is_bad,
                severity=LogSeverity.ERROR if is_bad else LogSeverity.INFO,
                latency_us=USUAL_US * (20 if number < slow else 1),
                message=said[number] if is_bad else "all is well",
            )
        )
    return entries


def told_by_minute(minutes: Sequence[list[LogEntry]]) -> list[list[Anomaly]]:
    watch = Watch(Thresholds())
    told = []
    for at, entries in enumerate(minutes):
        early = watch.take_in(entries)
        told.append([*early, *watch.tick(NOON + timedelta(minutes=at + 1, seconds=30))])
    return told


def first_told(minutes: Sequence[list[LogEntry]]) -> tuple[int, Anomaly]:
    told = told_by_minute(minutes)
    return next((at, anomalies[0]) for at, anomalies in enumerate(told) if anomalies)


def different(failed: int) -> dict[str, int]:
    """Return so many failures, no line of them often."""
    return {line: len(range(place, failed, len(LINES))) for place, line in enumerate(LINES)}


@pytest.mark.parametrize(
    "errors",
    [
        pytest.param(different(15), id="a quarter of the entries"),
        pytest.param({"no such route": 5}, id="the same error five times"),
    ],
)
def test_a_level_from_the_first_minute_on_is_told_when_it_has_lasted(
    errors: dict[str, int],
) -> None:
    at, anomaly = first_told([minute(at, errors) for at in range(6)])
    assert at == 4
    assert anomaly.description.endswith("for 5 minutes")


@pytest.mark.parametrize(
    "errors",
    [
        pytest.param(different(15), id="a quarter of the entries"),
        pytest.param({"no such route": 5}, id="the same error five times"),
    ],
)
def test_what_comes_and_goes_does_not_last(errors: dict[str, int]) -> None:
    told = told_by_minute([minute(at, errors if at % 4 else {"odd": 1}) for at in range(1, 20)][3:])
    assert not any("minutes" in each.description for anomalies in told for each in anomalies)


@pytest.mark.parametrize(
    ("errors", "status"),
    [
        pytest.param(different(30), None, id="half of all entries"),
        pytest.param(different(20), 500, id="a third ends with a 5xx"),
    ],
)
def test_what_is_trouble_whatever_was_before_is_told_of_the_first_minute(
    errors: dict[str, int], status: int | None
) -> None:
    at, anomaly = first_told([minute(0, errors, status=status)])
    assert (at, anomaly.anomaly_type) == (0, AnomalyType.ERROR_SPIKE)
    assert 'most often "' in anomaly.description


def test_a_rate_that_got_worse_is_told_at_once_beside_what_was_before() -> None:
    at, anomaly = first_told(
        [*[minute(at, different(1)) for at in range(4)], minute(4, different(15))]
    )
    assert (at, anomaly.anomaly_type) == (4, AnomalyType.ERROR_SPIKE)
    assert "(15/60 logs), more than the limit of 10.0%; before 1.7%, chance 1 in" in (
        anomaly.description
    )


def test_a_rate_that_is_as_high_as_it_was_is_not_told_beside_a_smaller_limit() -> None:
    told = told_by_minute([minute(0, different(13)), minute(1, different(15)), minute(2, {})])
    assert told == [[], [], []]


def test_a_line_that_the_first_minute_did_not_have_is_told_at_once() -> None:
    at, anomaly = first_told([minute(0, {}), minute(1, {"no such route": 5})])
    assert (at, anomaly.anomaly_type) == (1, AnomalyType.UNUSUAL_PATTERN)
    assert anomaly.description.endswith('"no such route", not seen before')


def test_a_line_that_comes_far_more_often_than_before_is_told() -> None:
    quiet = [minute(at, {"no such route": 1}) for at in range(8)]
    at, anomaly = first_told([*quiet, minute(8, {"no such route": 28})])
    assert at == 8
    assert "before" in anomaly.description


def test_trouble_of_the_first_minutes_is_trouble_until_they_are_over() -> None:
    """So little is learned of it that it is told again after a pause; then it is usual."""
    trouble = {"no such route": 5}
    minutes = [minute(0, {}), *[minute(at, trouble) for at in range(1, 4)]]
    minutes += [minute(at, {}) for at in range(4, 8)]
    minutes += [minute(at, trouble) for at in range(8, 36)]
    told = [bool(anomalies) for anomalies in told_by_minute(minutes)]
    assert told[1:4] == [True] * 3
    assert told[8:29] == [True] * 21
    assert told[31:] == [False] * 5


@pytest.mark.parametrize(
    ("before", "told"),
    [
        pytest.param([0], True, id="none was, in a single minute"),
        pytest.param([0] * 5, True, id="none was"),
        pytest.param([8] * 5, False, id="one in eight was, and the requests are few"),
    ],
)
def test_slow_requests_are_news_where_fewer_were_slow(before: list[int], told: bool) -> None:
    minutes = [minute(at, {}, slow=slow) for at, slow in enumerate(before)]
    minutes.append([*minute(len(before), {}, slow=2)[:3]])
    kinds = [{each.anomaly_type for each in anomalies} for anomalies in told_by_minute(minutes)]
    assert kinds == [*[set() for _ in before], {AnomalyType.LATENCY_INCREASE} if told else set()]


def test_errors_that_follow_a_bad_minute_are_told_beside_what_was_before_it() -> None:
    """A minute that strayed is learned by a twentieth, so it does not make the next one usual."""
    quiet = [minute(at, {}) for at in range(4)]
    minutes = [*quiet, minute(4, different(40)), *[minute(at, {}) for at in range(5, 9)]]
    told = told_by_minute([*minutes, minute(9, different(15))])
    assert [bool(anomalies) for anomalies in told] == [at in {4, 9} for at in range(10)]


def test_a_rate_and_the_line_that_makes_it_are_told_once() -> None:
    quiet = [minute(at, {}) for at in range(5)]
    *before, (anomaly,) = told_by_minute([*quiet, minute(5, {"no such route": 20})])
    assert before == [[]] * 5
    assert anomaly.anomaly_type is AnomalyType.ERROR_SPIKE
    assert anomaly.description.endswith('"no such route", not seen before')


def test_the_limits_alone_speak_of_the_first_window_and_of_each_type() -> None:
    watch = Watch(Thresholds(rules_only=True))
    watch.take_in(minute(0, {"no such route": 12}))
    told = watch.tick(NOON + timedelta(seconds=90))
    kinds = {anomaly.anomaly_type for anomaly in told}
    assert kinds == {AnomalyType.ERROR_SPIKE, AnomalyType.UNUSUAL_PATTERN}
