"""The clock of a replay goes by most of the entries, and knows when something is due."""

from datetime import datetime, timedelta

import pytest

from tests.builders import NOON, log_entry
from vigil.local.event_clock import EventClock
from vigil.logs.log_entry import LogEntry
from vigil.model.tenant import Thresholds

FAR = datetime(9000, 1, 1, tzinfo=NOON.tzinfo)
SETTLING = timedelta(seconds=100)


def at(*instants: datetime) -> list[LogEntry]:
    return [log_entry(occurred_at=instant, received_at=instant) for instant in instants]


def seconds(*after_noon: float) -> list[LogEntry]:
    return at(*(NOON + timedelta(seconds=second) for second in after_noon))


@pytest.mark.parametrize("position", [0, 1, 250, 499, 500])
def test_a04_an_entry_from_the_far_future_does_not_move_it(position: int) -> None:
    clock = EventClock(Thresholds())
    entries = seconds(*range(500))

    clock.hear([*entries[:position], *at(FAR), *entries[position:]])
    clock.reach(clock.heard_at)

    assert NOON < clock.now < NOON + timedelta(seconds=500)
    assert clock.latest_at == NOON + timedelta(seconds=499)


def test_it_never_stands_still_nor_goes_back() -> None:
    clock = EventClock(Thresholds())
    clock.hear(seconds(60))
    instants = []
    for instant in (clock.heard_at, clock.heard_at, NOON):
        clock.reach(instant)
        instants.append(clock())

    assert instants == sorted(set(instants))


def test_a_window_is_due_when_it_has_settled_and_when_what_began_in_it_is_over() -> None:
    clock = EventClock(Thresholds(quiet_seconds=900))
    clock.hear(seconds(5, 59, 61))
    clock.reach(NOON + timedelta(seconds=61))

    first, second = NOON + SETTLING, NOON + SETTLING + timedelta(seconds=60)
    over = timedelta(seconds=901)

    assert list(clock.go_through(second)) == [first, second]
    assert list(clock.go_through(FAR)) == [first + over, second + over]
    assert list(clock.go_through(FAR)) == []


def test_reaching_an_instant_says_whether_something_has_become_due() -> None:
    clock = EventClock(Thresholds())
    clock.hear(seconds(0))

    assert not clock.reach(NOON + SETTLING - timedelta(seconds=1))
    assert clock.reach(NOON + SETTLING)
    assert not clock.reach(NOON + SETTLING)


def test_it_begins_with_nothing_to_do() -> None:
    clock = EventClock(Thresholds())

    assert clock.heard_at == clock.latest_at == clock.now
    assert list(clock.go_through(FAR)) == []
