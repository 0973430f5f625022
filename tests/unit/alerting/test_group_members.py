"""What is known of a group's alerts does not depend on how and in which order it was heard."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON
from vigil.alerting.group_members import MOST_MEMBERS, REMEMBERED, Member, Members
from vigil.model.received_alert import ReceivedAlert, ReceivedStatus
from vigil.model.severity import Severity

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Heard:
    """An alert by a letter, when it started in hours, and whether it is over."""

    name: str
    start: int
    over: bool = False

    def alert(self) -> ReceivedAlert:
        return ReceivedAlert(
            fingerprint="v1:" + self.name.encode().hex().rjust(32, "0"),
            status=ReceivedStatus.RESOLVED if self.over else ReceivedStatus.FIRING,
            severity=Severity.HIGH,
            name=self.name,
            service="shop",
            starts_at=NOON + self.start * HOUR,
        )


def learned(*heard: Heard) -> Members:
    members = Members()
    for each in heard:
        members, _ = members.learn([each.alert()], now=NOON)
    return members


def begun(members: Members, *heard: Heard) -> list[str]:
    return [alert.name for alert in members.learn([each.alert() for each in heard], now=NOON)[1]]


@pytest.mark.parametrize(
    ("known", "heard", "expected"),
    [
        pytest.param([], Heard("a", 0), ["a"], id="fires for the first time"),
        pytest.param([Heard("a", 0)], Heard("a", 0), [], id="a21 repeated every four hours"),
        pytest.param(
            [Heard("a", 0, over=True)], Heard("a", 0), [], id="a21 resolved before firing"
        ),
        pytest.param([Heard("a", 1, over=True)], Heard("a", 0), [], id="g5 an older onset, late"),
        pytest.param([Heard("a", 0, over=True)], Heard("a", 1), ["a"], id="a new onset"),
        pytest.param([Heard("a", 0)], Heard("a", 1), ["a"], id="a new onset, its end not heard"),
        pytest.param([], Heard("a", 0, over=True), [], id="a21 over, and never heard of"),
        pytest.param([Heard("a", 0)], Heard("b", 0), ["b"], id="another one"),
    ],
)
def test_what_begins_to_fire(known: list[Heard], heard: Heard, expected: list[str]) -> None:
    assert begun(learned(*known), heard) == expected


def test_those_that_begin_come_by_their_start() -> None:
    assert begun(Members(), Heard("b", 2), Heard("c", 1), Heard("a", 2)) == ["c", "a", "b"]


def test_what_begins_and_ends_in_one_body_has_not_begun() -> None:
    assert begun(Members(), Heard("a", 0), Heard("a", 0, over=True)) == []


HEARD = st.builds(Heard, st.sampled_from("abc"), st.integers(0, 3), st.booleans())


@given(st.lists(HEARD, max_size=5))
def test_g5_order_and_repeats_make_no_difference(heard: list[Heard]) -> None:
    expected = learned(*heard)
    assert all(learned(*order) == expected for order in permutations(heard))
    assert learned(*heard, *heard) == expected


@given(st.lists(HEARD, max_size=12))
def test_what_is_packed_is_found_again(heard: list[Heard]) -> None:
    members = learned(*heard)
    assert Members.unpacked(members.packed()) == members
    assert len(members.packed()) == 32 * len(members.by_fingerprint)


def test_what_fires_is_remembered_and_what_is_over_for_two_days() -> None:
    members = learned(Heard("a", 0), Heard("b", 0, over=True))
    assert members.kept(now=NOON + REMEMBERED - HOUR) == members
    assert members.kept(now=NOON + REMEMBERED) == learned(Heard("a", 0))


def test_a_flood_does_not_outgrow_its_document() -> None:
    flood = {
        f"v1:{number:032x}": Member(NOON, NOON if number % 2 else None)
        for number in range(MOST_MEMBERS + 5000)
    }
    kept = Members(flood).kept(now=NOON)
    assert len(kept.packed()) == 32 * MOST_MEMBERS < 500_000
    assert kept.firing == (MOST_MEMBERS + 5000) // 2
