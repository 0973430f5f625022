"""What is due is sent: once if all goes well, and never silently not at all."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from tests.builders import anomaly
from tests.vigil_in_memory import ACME, PAGER, VigilInMemory
from vigil.errors import (
    InvalidSettings,
    NotificationFailed,
    NotificationRejected,
    TransientError,
)
from vigil.model.channel import Channel
from vigil.model.notification import Notification, NotificationStatus
from vigil.model.tenant import Tenant
from vigil.ports import Increment, Write
from vigil.stores.queries import ALERTS, DUE_NOTIFICATIONS, NOTIFICATIONS

CHAT, PHONE = replace(PAGER, channel_id="chat"), replace(PAGER, channel_id="phone")
TROUBLE = [
    pytest.param(NotificationFailed("busy"), id="the receiver is busy"),
    pytest.param(NotificationRejected("gone"), id="the address is gone"),
    pytest.param(InvalidSettings("no secret"), id="a secret is missing"),
    pytest.param(KeyError("x"), id="the notifier has a fault"),
]


def tenant(*channels: Channel) -> Tenant:
    return replace(ACME, channels=channels)


def send(vigil: VigilInMemory, *, after: float = 0) -> None:
    vigil.clock.advance(after)
    vigil.workflows.manage_alerts.deliver()


def due(vigil: VigilInMemory) -> list[Notification]:
    found = vigil.database.query(DUE_NOTIFICATIONS, bound=vigil.clock() + timedelta(days=9))
    return [vigil.store.outbox.read(document).value for document in found]


def settled(vigil: VigilInMemory) -> dict[tuple[str, str], NotificationStatus]:
    found = [stored.value for stored in vigil.store.notifications.query(NOTIFICATIONS)]
    return {(n.channel_id, n.transition.value): n.status for n in found}


def resolve(vigil: VigilInMemory) -> None:
    [alert] = vigil.store.alerts.query(ALERTS)
    actions = vigil.workflows.alert_actions
    actions.resolve(vigil.store, alert.value.alert_id, by="ada", note="rolled back")


@pytest.mark.parametrize("trouble", TROUBLE)
def test_b17_one_channel_in_trouble_does_not_hold_up_the_others(trouble: Exception) -> None:
    with VigilInMemory(tenant(CHAT, PAGER, PHONE)) as vigil:
        vigil.notifier.trouble["chat"] = trouble
        vigil.strike(anomaly())
        send(vigil)

        assert sorted(vigil.notifier.told()) == [("pager", "opened"), ("phone", "opened")]
        del vigil.notifier.trouble["chat"]
        send(vigil, after=1)
        assert vigil.notifier.told().count(("pager", "opened")) == 1
        assert vigil.notifier.told().count(("phone", "opened")) == 1


def test_b17_a_channel_that_hangs_does_not_hold_up_the_others() -> None:
    with VigilInMemory(tenant(PAGER, PHONE)) as vigil:
        # Each is let go only when the other is being sent as well.
        both = threading.Barrier(2)
        vigil.notifier.before = partial(both.wait, 5)
        vigil.strike(anomaly())
        send(vigil)
        assert sorted(vigil.notifier.told()) == [("pager", "opened"), ("phone", "opened")]


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        pytest.param(NotificationFailed("busy"), [1, 2, 4, 8], id="twice as long each time"),
        pytest.param(
            NotificationFailed("slow down", timedelta(seconds=30)),
            [30, 30, 30, 30],
            id="as long as the receiver asks",
        ),
        pytest.param(ValueError("fault"), [1, 2, 4, 8], id="after a fault of ours too"),
    ],
)
def test_b15_a_failed_notification_is_tried_again_later(error: Exception, waits: list[int]) -> None:
    with VigilInMemory() as vigil:
        vigil.notifier.trouble["pager"] = error
        vigil.strike(anomaly())
        waited = []
        for _ in waits:
            send(vigil)
            [notification] = due(vigil)
            waited.append((notification.due_at - vigil.clock()).total_seconds())
            vigil.clock.now = notification.due_at
        assert waited == waits

        del vigil.notifier.trouble["pager"]
        send(vigil)
        assert vigil.notifier.told() == [("pager", "opened")]
        assert due(vigil) == []


def test_b15_before_its_time_a_notification_is_not_tried() -> None:
    with VigilInMemory() as vigil:
        vigil.notifier.trouble["pager"] = NotificationFailed("busy", timedelta(seconds=30))
        vigil.strike(anomaly())
        send(vigil)
        del vigil.notifier.trouble["pager"]
        send(vigil, after=29)
        assert vigil.notifier.told() == []
        send(vigil, after=1)
        assert vigil.notifier.told() == [("pager", "opened")]


def test_c06_what_was_claimed_and_not_sent_is_sent_when_the_lease_is_over() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(anomaly())

        def die(writes: Sequence[Write]) -> None:
            raise TransientError("the sender died")

        vigil.documents.after = die
        with pytest.raises(TransientError):
            send(vigil)
        vigil.documents.after = lambda writes: None
        send(vigil, after=59)
        assert vigil.notifier.told() == []
        send(vigil, after=1)
        assert vigil.notifier.told() == [("pager", "opened")]


def test_c07_what_was_sent_and_not_marked_is_sent_again_with_the_same_key() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(anomaly())

        def die_when_marking(writes: Sequence[Write]) -> None:
            if any(isinstance(write, Increment) for write in writes):
                raise TransientError("the sender died")

        vigil.documents.before = die_when_marking
        with pytest.raises(TransientError):
            send(vigil)
        vigil.documents.before = lambda writes: None
        for _ in range(3):
            send(vigil, after=60)

        [first, second] = [message.key for _, message in vigil.notifier.sent]
        assert first == second


def test_c14_nobody_is_woken_for_what_is_resolved_before_it_is_sent() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(anomaly())
        resolve(vigil)
        send(vigil)
        send(vigil, after=5)

        assert vigil.notifier.told() == []
        assert settled(vigil) == {
            ("pager", "opened"): NotificationStatus.WITHDRAWN,
            ("pager", "resolved"): NotificationStatus.WITHDRAWN,
        }


def test_c14_nobody_is_woken_for_what_is_resolved_while_it_is_claimed() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(anomaly())

        def resolve_once_claimed(_writes: Sequence[Write]) -> None:
            vigil.documents.after = lambda writes: None
            resolve(vigil)

        vigil.documents.after = resolve_once_claimed
        for _ in range(3):
            send(vigil, after=5)

        assert vigil.notifier.told() == []
        assert set(settled(vigil).values()) == {NotificationStatus.WITHDRAWN}


def test_the_end_is_told_after_the_opening_and_only_to_whom_it_was_told() -> None:
    with VigilInMemory(tenant(PAGER, CHAT)) as vigil:
        vigil.notifier.trouble["chat"] = NotificationFailed("busy", timedelta(seconds=30))
        vigil.strike(anomaly())
        send(vigil)
        resolve(vigil)
        del vigil.notifier.trouble["chat"]
        for _ in range(8):
            send(vigil, after=5)

        # Nobody knows whether the attempt that failed has reached the chat after all.
        assert vigil.notifier.told() == [
            ("pager", "opened"),
            ("pager", "resolved"),
            ("chat", "resolved"),
        ]
        assert settled(vigil)["chat", "opened"] is NotificationStatus.WITHDRAWN
        assert vigil.notifier.sent[1][1].note == "rolled back"


def test_of_two_senders_one_sends() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(anomaly())

        def let_another_send(_writes: Sequence[Write]) -> None:
            vigil.documents.before = lambda writes: None
            send(vigil)

        vigil.documents.before = let_another_send
        send(vigil)

        assert vigil.notifier.told() == [("pager", "opened")]
        assert vigil.counters()["notifications"] == 1


def test_b08_a_sender_that_outlives_its_lease_does_not_bring_back_what_another_sent() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(anomaly())

        def let_another_send() -> None:
            vigil.notifier.before = lambda: None
            send(vigil, after=61)
            vigil.notifier.trouble["pager"] = NotificationFailed("timed out")

        vigil.notifier.before = let_another_send
        send(vigil)
        vigil.notifier.trouble.clear()
        send(vigil, after=600)

        assert vigil.notifier.told() == [("pager", "opened")]
        assert settled(vigil) == {("pager", "opened"): NotificationStatus.SENT}
        assert vigil.counters()["notifications"] == 1


def test_more_than_a_hundred_that_are_due_are_all_sent_in_the_end() -> None:
    channels = [replace(PAGER, channel_id=f"pager-{number}") for number in range(130)]
    with VigilInMemory(tenant(*channels)) as vigil:
        vigil.strike(anomaly())
        send(vigil)
        assert len(vigil.notifier.sent) == 100
        send(vigil)
        assert len({channel for channel, _ in vigil.notifier.sent}) == 130
