"""A21, G5: repeats of received alerts, and the order in which they come, change nothing."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOON
from tests.cascades import alerts, incidents
from tests.received_payloads import Sender, over, raised
from tests.vigil_in_memory import VigilInMemory
from vigil.model.alert import AlertStatus

HOUR = timedelta(hours=1)
LATER = (NOON + HOUR).isoformat()


def test_a21_a_repeat_every_four_hours_changes_nothing(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.send(raised())
    before = alerts(vigil), incidents(vigil)
    for _ in range(6):
        vigil.clock.advance(4 * 3600)
        vigil.documents.commits.clear()
        sender.send(raised())
        assert vigil.documents.commits == []

    assert (alerts(vigil), incidents(vigil)) == before
    assert vigil.notifier.told() == [("pager", "opened")]


def test_a21_resolved_before_firing_opens_nothing(vigil: VigilInMemory, sender: Sender) -> None:
    sender.send(over(raised()))
    sender.send(raised())

    assert alerts(vigil) == []
    assert vigil.notifier.told() == []


def test_a21_an_end_without_a_beginning_is_noted_and_opens_nothing(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.send(over(raised()))

    assert (alerts(vigil), incidents(vigil)) == ([], [])
    assert vigil.given_up == []


def test_g5_an_older_onset_that_comes_late_does_not_open_it_again(
    vigil: VigilInMemory, sender: Sender
) -> None:
    newer = raised(startsAt=LATER)
    sender.send(newer)
    sender.send(over(newer, NOON + 2 * HOUR))
    sender.send(raised())

    [alert] = alerts(vigil)
    assert alert.status is AlertStatus.RESOLVED
    assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 2), st.booleans()), min_size=2, max_size=3
    )
)
def test_g5_what_stands_in_the_end_does_not_depend_on_the_order(
    heard: Sequence[tuple[str, int, bool]],
) -> None:
    ends = {stands(order) for order in permutations(heard)}
    assert len(ends) == 1


def stands(heard: Sequence[tuple[str, int, bool]]) -> bool:
    """Return whether an alert stands after these were heard of, one after another."""
    with VigilInMemory() as vigil:
        sender = Sender(vigil)
        for name, start, is_over in heard:
            sent = raised(instance=name, startsAt=(NOON + start * HOUR).isoformat())
            sender.send(over(sent) if is_over else sent)
        assert vigil.given_up == []
        assert sum(alert.is_active for alert in alerts(vigil)) <= 1
        return any(alert.is_active for alert in alerts(vigil))
