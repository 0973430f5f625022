"""What is taken in by parts is what is taken in whole."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, log_entry
from vigil.detection.detect import absorb, advance, observe
from vigil.detection.service_state import ServiceState
from vigil.detection.sharding import doubled, partition, shard_of
from vigil.logs.log_entry import LogEntry
from vigil.model.tenant import Thresholds

USUAL = Thresholds()
NAMES = [f"GET /{letter}" for letter in "abcdefgh"]


def entry(number: int, endpoint: int, second: int) -> LogEntry:
    at = NOON + timedelta(seconds=second)
    return log_entry(
        digest=f"{number:016x}",
        endpoint=NAMES[endpoint],
        occurred_at=at,
        received_at=at,
        failed=number % 2 == 0,
        message=f"failed in way {'abc'[number % 3]}",
    )


ENTRIES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 200)), max_size=30).map(
    lambda places: [entry(number, *place) for number, place in enumerate(places)]
)


def seen(state: ServiceState, entries: list[LogEntry]) -> ServiceState:
    return observe(state, entries, thresholds=USUAL, calls={}).state


@given(before=ENTRIES, after=ENTRIES, judged=st.integers(0, 3))
def test_b02_what_a_delta_adds_is_what_its_entries_would_have_added(
    before: list[LogEntry], after: list[LogEntry], judged: int
) -> None:
    state = advance(
        seen(ServiceState("shop"), before),
        NOON + timedelta(minutes=judged),
        tenant_id="acme",
        thresholds=USUAL,
        heard=frozenset(),
    ).state
    at_once = observe(state, after, thresholds=USUAL, calls={})
    folded = absorb(state, seen(ServiceState("shop"), after), thresholds=USUAL)

    assert folded.late == at_once.late
    assert folded.state.windows == at_once.state.windows


@given(entries=ENTRIES, shards=st.sampled_from([1, 2, 4, 8, 16]))
def test_a19_the_parts_of_a_state_hold_all_of_it_and_nothing_twice(
    entries: list[LogEntry], shards: int
) -> None:
    state = seen(ServiceState("shop"), entries)
    parts = partition(state, shards)

    together = sorted(
        (start, name)
        for part in parts.values()
        for start in part.windows
        for name in part.windows[start]
    )
    assert together == sorted(
        (start, name) for start in state.windows for name in state.windows[start]
    )
    for shard, part in parts.items():
        assert {shard_of(name, shards) for names in part.windows.values() for name in names} == {
            shard
        }
        assert (part.shard, part.shards) == (shard, shards)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a19_splitting_again_and_again_is_splitting_at_once(times: int) -> None:
    state = seen(ServiceState("shop"), [entry(number, number % 8, number) for number in range(32)])
    parts = {0: state}
    for _ in range(times):
        parts = doubled(parts.values())

    assert {shard: part for shard, part in parts.items() if part.windows} == partition(
        state, 2**times
    )
    assert len(parts) == 2**times
