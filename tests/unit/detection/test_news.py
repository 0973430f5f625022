"""A20: what a release brings that was never seen before is told of once."""

from datetime import timedelta

import pytest

from tests.builders import NOON, log_entry
from vigil.detection.watch import Watch
from vigil.logs.log_entry import LogEntry
from vigil.model.anomaly import Anomaly
from vigil.model.log_severity import LogSeverity
from vigil.model.tenant import Thresholds

ENDPOINTS = ("GET /cart", "POST /payment", "POST /refund")
LINES = 8


def requests(minute: int, errors: dict[str, str], lines: int) -> list[LogEntry]:
    """Return a minute of 120 requests to each endpoint, `lines` of which log what `errors` says."""
    return [
        log_entry(
            digest=f"{minute % 2**32:08x}{position:04x}{number:04x}",
            endpoint=endpoint,
            occurred_at=(when := NOON + timedelta(minutes=minute, seconds=number / 2)),
            received_at=when,
            **(
                {"failed": True, "severity": LogSeverity.ERROR, "message": errors[endpoint]}
                if number < lines and endpoint in errors
                else {"message": f"{endpoint} 200"}
            ),
        )
        for position, endpoint in enumerate(ENDPOINTS)
        for number in range(120)
    ]


def news(watch: Watch, minute: int, errors: dict[str, str], *, lines: int = LINES) -> list[Anomaly]:
    """Return what is told of error lines in a minute that is taken in and judged."""
    watch.take_in(requests(minute, errors, lines))
    told = watch.tick(NOON + timedelta(minutes=minute + 1, seconds=30))
    return [anomaly for anomaly in told if "he same error" in anomaly.description]


@pytest.fixture
def watch() -> Watch:
    """Return a watch that knows two hours in which one line always came."""
    known = Watch(Thresholds())
    for minute in range(-120, 0):
        news(known, minute, {"GET /cart": "cart was empty"})
    return known


def test_a20_new_errors_in_every_endpoint_are_one_finding(watch: Watch) -> None:
    lines = {endpoint: f"no handler for {endpoint[-4:]}" for endpoint in ENDPOINTS}
    (told,) = news(watch, 0, lines)
    assert "never seen before" in told.description
    assert told.description.endswith("and 2 more new ones in other endpoints")
    assert {shown.count for shown in told.evidence} == {LINES}
    assert len(told.evidence) == len(ENDPOINTS)


def test_a20_what_follows_within_the_hour_is_the_same_news(watch: Watch) -> None:
    assert len(news(watch, 0, {"POST /refund": "refund table is missing"})) == 1
    assert news(watch, 5, {"POST /payment": "column is unknown"}) == []
    for minute in range(6, 60):
        assert news(watch, minute, {}) == []
    assert len(news(watch, 60, {"POST /payment": "ledger is locked"})) == 1


def test_what_always_came_is_news_only_when_it_comes_far_more_often(watch: Watch) -> None:
    always = {"GET /cart": "cart was empty"}
    assert news(watch, 0, always) == []
    (told,) = news(watch, 1, always, lines=80)
    assert told.description.startswith("The same error 80 times among 120 logs, usually 8")
    assert told.confidence > 0.9
