"""Refused attempts are counted by source, in little room and whatever the order."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import log_entry
from vigil.detection.refusals import ATTEMPTS, NONE_REFUSED, Refusals
from vigil.detection.service_state import ServiceState
from vigil.detection.summary import summarise
from vigil.detection.window import Window
from vigil.logs.log_entry import LogEntry
from vigil.model.log_severity import LogSeverity

LOGIN_FAILED = "login failed for user 17"


def denied(number: int, source: str | None = "3fa2b1", **changes: object) -> LogEntry:
    # Digests are hashes, so that neighbours are far from each other.
    digest = f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}"
    return log_entry(**({"digest": digest, "status": 401, "source": source} | changes))


def line(number: int, **changes: object) -> LogEntry:
    fields = {"status": None, "severity": LogSeverity.WARNING, "message": LOGIN_FAILED}
    return replace(denied(number), **(fields | changes))  # type: ignore[arg-type]  # real fields


@pytest.mark.parametrize(
    ("entry", "counted"),
    [
        pytest.param(denied(1), 1, id="denied with 401"),
        pytest.param(denied(1, status=403), 1, id="denied with 403"),
        pytest.param(denied(1, status=404), 0, id="not found"),
        pytest.param(denied(1, status=200), 0, id="let in"),
        pytest.param(line(1), 1, id="a line that warns of it"),
        pytest.param(line(1, severity=LogSeverity.NOTICE), 0, id="a line that notes it"),
        pytest.param(line(1, severity=LogSeverity.NOTICE, failed=True), 1, id="a failed call"),
        pytest.param(line(1, message="declined"), 0, id="another warning"),
        pytest.param(line(1, message="reverse shell detected"), 0, id="an attack, no attempt"),
        pytest.param(denied(1, source=None), 1, id="by nobody knows whom"),
    ],
)
def test_what_is_a_refused_attempt(entry: LogEntry, counted: int) -> None:
    assert Refusals.of([entry]).refused == counted
    assert summarise([entry]).refusals == Refusals.of([entry])


@pytest.mark.parametrize(
    ("counts", "largest", "sources"),
    [
        pytest.param({}, ("", 0), 0, id="nobody"),
        pytest.param({"a": 3, "b": 2}, ("a", 3), 2, id="few"),
        pytest.param({"b": 3, "a": 3}, ("a", 3), 2, id="equals by name"),
        pytest.param({"a": 3, None: 9}, ("a", 3), 1, id="most are unknown"),
        pytest.param({None: 9}, ("", 0), 0, id="all are unknown"),
        pytest.param({"a": 500}, ("a", 500), 1, id="all by one"),
    ],
)
def test_the_largest_source(
    counts: dict[str | None, int], largest: tuple[str, int], sources: int
) -> None:
    made = [source for source, count in counts.items() for _ in range(count)]
    refusals = Refusals.of([denied(number, source) for number, source in enumerate(made)])
    assert (refusals.refused, refusals.largest_source) == (len(made), largest)
    assert refusals.sources == sources


def test_one_source_among_many_is_found_and_its_share_is_about_right() -> None:
    crowd = [denied(number, f"{number:06x}") for number in range(200)]
    loud = [denied(1000 + number, "ffffff") for number in range(100)]
    source, attempts = Refusals.of(crowd + loud).largest_source
    assert source == "ffffff"
    assert 50 <= attempts <= 150


def test_a_crowd_is_no_large_source() -> None:
    refusals = Refusals.of([denied(number, f"{number:06x}") for number in range(5_000)])
    assert refusals.largest_source[1] == 1
    assert refusals.sources == ATTEMPTS


def test_a19_however_many_are_refused_only_so_many_are_kept() -> None:
    refusals = NONE_REFUSED
    for start in range(0, 10_000, 500):
        some = [denied(number, f"{number:06x}") for number in range(start, start + 500)]
        refusals = refusals.merged(Refusals.of(some))
    assert (refusals.refused, len(refusals.attempts)) == (10_000, ATTEMPTS)


ATTEMPTED = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from([None, "a", "b", "c", "d"])),
    max_size=120,
    unique_by=lambda attempt: attempt[0],
).map(lambda rows: [denied(*row) for row in rows])


@given(ATTEMPTED, st.integers(0, 2**32))
def test_a02_refusals_merge_in_any_order_and_grouping(entries: list[LogEntry], seed: int) -> None:
    shuffled = Random(seed).sample(entries, len(entries))
    one, two, three = (Refusals.of(shuffled[start::3]) for start in range(3))
    whole = Refusals.of(entries)
    assert one.merged(two).merged(three) == whole
    assert three.merged(two.merged(one)) == whole
    assert whole.merged(NONE_REFUSED) == NONE_REFUSED.merged(whole) == whole


@given(ATTEMPTED)
def test_refusals_go_through_a_stored_state(entries: list[LogEntry]) -> None:
    refusals = Refusals.of(entries)
    state = ServiceState("shop", windows={60: {"POST /login": Window(refusals=refusals)}})
    read = ServiceState.from_bytes("shop", state.to_bytes())
    assert read.windows[60]["POST /login"].refusals == refusals


def test_g4_no_sender_is_in_a_state() -> None:
    entry = LogEntry.parse(
        {
            "logName": "projects/shop/logs/web",
            "timestamp": "2026-01-20T12:00:00Z",
            "httpRequest": {
                "requestMethod": "POST",
                "requestUrl": "/login",
                "status": 401,
                "remoteIp": "203.0.113.7",
            },
            "jsonPayload": {"user": "jo@example.com"},
        }
    )
    window = summarise([entry])
    assert window.refusals.largest_source == (entry.source, 1)
    assert "203.0.113" not in str(window)
    assert "example.com" not in str(window)
