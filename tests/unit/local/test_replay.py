"""A replay finds in a recording what would have been found live, and accounts for all of it."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import orjson
import pytest

from tests.builders import NOON
from tests.decisions import without_samples
from tests.samples import SAMPLE, sample_in_order_of_time, sample_lines
from vigil.errors import InvalidRequest
from vigil.local.log_file import read_entries
from vigil.local.raw_entry import RawEntry
from vigil.local.replay import Replay, Summary
from vigil.model.incident import IncidentStatus
from vigil.model.notification import Transition
from vigil.model.tenant import Thresholds

Raw = bytes | dict[str, object]


def replayed(*exports: Iterable[Raw], thresholds: Thresholds | None = None) -> Summary:
    replay = Replay(thresholds)
    for export in exports:
        replay.feed(RawEntry(raw, 500) for raw in export)
    return replay.finish()


def payment(number: int, at: datetime, *, status: int = 200) -> dict[str, object]:
    instant = at.isoformat()
    return {
        "logName": "projects/shop/logs/requests",
        "insertId": f"{instant}-{number}",
        "timestamp": instant,
        "receiveTimestamp": instant,
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "pay"}},
        "httpRequest": {"requestMethod": "POST", "requestUrl": "/pay", "status": status},
    }


def minutes(*statuses: Sequence[int], start: datetime = NOON) -> list[dict[str, object]]:
    """Return payments, for each minute one with each of its statuses."""
    return [
        payment(number, start + timedelta(minutes=minute, seconds=number), status=status)
        for minute, of_minute in enumerate(statuses)
        for number, status in enumerate(of_minute)
    ]


WELL, BADLY = [200] * 30, [200] * 5 + [500] * 25


def without(entry: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in entry.items() if name not in names}


def facts(summary: Summary) -> object:
    """Return what was found, without how much was read.

    Of suspects only who they are: which traces could be joined, and so how much speaks for them,
    depends on what came together.
    """
    suspects = [[each.service for each in found.suspects] for found in summary.incidents]
    incidents = [without_samples(found) for found in summary.incidents]
    return incidents, suspects, summary.anomalies, summary.alerts, summary.told


def test_the_sample_gives_one_incident_with_its_cause_and_one_notification() -> None:
    summary = replayed(sample_lines())

    (incident,) = summary.incidents
    assert (incident.root_cause.service, incident.root_cause.endpoint) == (
        "shop-payment",
        "POST /payment",
    )
    assert "POST /checkout" in [series.endpoint for series in incident.affected]
    assert (summary.received, summary.alerts, summary.notifications) == (5040, 1, 1)
    assert [message.transition for message in summary.told] == [Transition.OPENED]
    assert summary.balanced


def test_g1_every_entry_is_accounted_for_and_the_invalid_ones_with_their_reasons() -> None:
    good = [orjson.dumps(entry) for entry in minutes(WELL)]
    bad = [b"nonsense", b"[]", b"nonsense", b'{"insertId": "no time"}']
    mixed = [*good, *bad, *good[:7]]
    random.Random(1).shuffle(mixed)

    summary = replayed(mixed)

    outcomes = summary.outcomes
    assert summary.balanced
    assert (outcomes.received, outcomes.processed) == (41, 30)
    assert (outcomes.duplicate, outcomes.invalid) == (7, 4)
    assert summary.reasons == {"not JSON": 2, "not an object": 1, "no usable time": 1}
    assert next(iter(summary.reasons)) == "not JSON"


def test_a01_a_file_given_several_times_changes_no_more_than_the_count_of_duplicates() -> None:
    lines = sample_lines()

    once, thrice = replayed(lines), replayed(lines, lines, lines)

    assert facts(thrice) == facts(once)
    assert thrice.balanced
    assert thrice.outcomes == replace(
        once.outcomes, received=3 * 5040, duplicate=2 * 5040, processed=5040
    )


@pytest.mark.parametrize("position", [0, 1, 2600, 4999, 5000, 5040])
def test_a04_an_entry_from_the_far_future_hides_nothing(position: int) -> None:
    entries = [without(entry, "receiveTimestamp") for entry in sample_in_order_of_time()]
    wild = entries[0] | {"timestamp": "9000-01-01T00:00:00Z", "insertId": "wild"}

    expected = replayed(entries)
    found = replayed([*entries[:position], wild, *entries[position:]])

    assert len(expected.incidents) == 1
    assert facts(found) == facts(expected)
    assert (found.outcomes.processed, found.outcomes.late) == (5041, 0)


def test_a04_it_hides_nothing_in_a_quiet_service_either() -> None:
    entries = [
        without(payment(n, NOON + timedelta(minutes=7 * n)), "receiveTimestamp") for n in range(40)
    ]
    wild = payment(0, datetime(2400, 1, 1, tzinfo=NOON.tzinfo))

    found = replayed([*entries[:20], without(wild, "receiveTimestamp"), *entries[20:]])

    assert (found.outcomes.processed, found.outcomes.late) == (41, 0)


def test_the_end_of_an_incident_is_lived_through_in_a_gap() -> None:
    later = NOON + timedelta(hours=5)

    summary = replayed(minutes(WELL, WELL, BADLY), minutes(WELL, WELL, BADLY, start=later))

    assert [incident.status for incident in summary.incidents] == [
        IncidentStatus.RESOLVED,
        IncidentStatus.OPEN,
    ]
    assert [message.transition for message in summary.told] == [
        Transition.OPENED,
        Transition.RESOLVED,
        Transition.OPENED,
    ]


def test_what_begins_and_ends_within_one_batch_is_told_like_any_other() -> None:
    calm = [[200] * 3] * 40

    summary = replayed(minutes(WELL, WELL, BADLY, *calm))

    assert [message.transition for message in summary.told] == [
        Transition.OPENED,
        Transition.RESOLVED,
    ]


def test_what_is_over_the_lateness_is_processed_and_counted_as_late() -> None:
    entries = minutes(*[WELL] * 30)
    straggler = payment(99, NOON + timedelta(seconds=30))

    summary = replayed([*entries, without(straggler, "receiveTimestamp")])

    assert (summary.outcomes.processed, summary.outcomes.late) == (901, 1)


def test_counts_outlive_what_is_deleted_by_age() -> None:
    years = [NOON + timedelta(days=400 * n) for n in range(4)]

    summary = replayed(*(minutes(WELL, WELL, BADLY, start=start) for start in years))

    assert summary.balanced
    assert (summary.received, len(summary.incidents)) == (360, 4)


def test_what_was_read_before_a_file_broke_off_is_taken_in() -> None:
    def breaking() -> Iterable[RawEntry]:
        yield from (RawEntry(entry, 500) for entry in minutes(WELL))
        raise InvalidRequest("breaks off")

    replay = Replay()
    with pytest.raises(InvalidRequest):
        replay.feed(breaking())

    assert replay.finish().outcomes.processed == 30


def test_a_replay_of_nothing_is_balanced() -> None:
    summary = replayed([])

    assert summary.balanced
    assert (summary.received, summary.incidents, summary.told) == (0, [], ())


def test_the_file_of_the_sample_is_read_as_its_lines_are() -> None:
    replay = Replay()
    replay.feed(read_entries(str(SAMPLE)))

    assert facts(replay.finish()) == facts(replayed(sample_lines()))
