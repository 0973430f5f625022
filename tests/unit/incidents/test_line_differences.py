"""Lines that are new or lost are told as differences."""

import pytest

from tests.builders import NOON, anomaly
from vigil.detection.detectors.line_companions import LostLine
from vigil.detection.learned.lost_lines import _finding
from vigil.incidents.line_differences import MOST_LINES, line_differences
from vigil.model.anomaly import Anomaly, AnomalyType, Evidence


def new_line(line: str = "no stock for <*>", count: float = 42, failed: float = 42) -> Anomaly:
    return anomaly(
        anomaly_type=AnomalyType.UNUSUAL_PATTERN,
        service="cart",
        metrics={"repetitions": count, "usual_repetitions": 0.0, "failed": failed},
        evidence=(Evidence(line, line, round(count), NOON, NOON),),
    )


def lost_line(came: int, due: int, line: str = "order stored") -> Anomaly:
    """Return an anomaly as the detector of lost lines words it."""
    found = _finding(LostLine(1e-12, line, "order taken", came, due))
    return anomaly(service="cart", description=found.description, metrics=found.metrics)


def test_a_line_that_was_never_seen_before_is_told_with_its_share_of_the_failures() -> None:
    (found,) = line_differences([new_line(count=40)])

    assert (found.service, found.field, found.value) == ("cart", "template", "no stock for <*>")
    assert (found.count, found.total, found.usual_share) == (40, 42, 0.0)
    assert found.share == pytest.approx(40 / 42)
    assert found.text == (
        '40 of 42 failures log a line that was never seen before: "no stock for <*>"'
    )


def test_a_line_that_no_longer_comes_is_told_by_how_many_were_due() -> None:
    (found,) = line_differences([lost_line(3, 40)])

    assert (found.value, found.count, found.total) == ("order stored", 3, 40)
    assert (found.share, found.usual_share) == (3 / 40, 1.0)
    assert found.text == 'a line came 3 times where 40 were due: "order stored"'


def test_a_lost_line_that_quotes_is_told_whole() -> None:
    (found,) = line_differences([lost_line(3, 40, '{"message": "order stored"}')])

    assert found.value == '{"message": "order stored"}'


@pytest.mark.parametrize(
    "strayed",
    [
        pytest.param(anomaly(), id="it is of no line"),
        pytest.param(
            anomaly(metrics={"repetitions": 9, "usual_repetitions": 2.0, "failed": 9}),
            id="a known line comes more often",
        ),
        pytest.param(
            anomaly(metrics={"repetitions": 9, "failed": 9}), id="what is usual is not known"
        ),
        pytest.param(anomaly(description='"a" were due: "b"'), id="the words without the numbers"),
    ],
)
def test_what_else_strayed_is_no_difference_of_lines(strayed: Anomaly) -> None:
    assert line_differences([strayed]) == ()


def test_a_line_is_told_once_and_the_most_come_first() -> None:
    many = [new_line(f"line {number}", 10 + number, 10 + number) for number in range(9)]

    found = line_differences([*many, new_line("line 8", 5, 5)])

    assert [each.value for each in found] == [f"line {8 - each}" for each in range(MOST_LINES)]
    assert found[0].count == 18
