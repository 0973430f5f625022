"""Channels that never take a notification: it is recorded, and somebody else is told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import anomaly
from tests.cascades import alerts, later, resolve_alert, strayed
from tests.vigil_in_memory import ACME, PAGER, VigilInMemory
from vigil.errors import InvalidSettings, NotificationFailed, NotificationRejected
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import Notification, NotificationStatus
from vigil.model.severity import Severity
from vigil.model.tenant import Tenant
from vigil.stores.queries import DUE_NOTIFICATIONS, NOTIFICATIONS

CHAT = replace(PAGER, channel_id="chat")
SPARE = replace(PAGER, channel_id="spare", minimum_severity=Severity.CRITICAL)
LAST = replace(PAGER, channel_id="last", minimum_severity=Severity.CRITICAL)
LOST = [
    pytest.param(NotificationRejected("gone"), id="rejected"),
    pytest.param(InvalidSettings("no secret"), id="not set up"),
]


def tenant(*channels: Channel) -> Tenant:
    return replace(ACME, channels=channels)


def send(vigil: VigilInMemory, *, after: float = 0) -> None:
    vigil.clock.advance(after)
    vigil.workflows.manage_alerts.deliver()


def settled(vigil: VigilInMemory) -> dict[str, Notification]:
    found = [stored.value for stored in vigil.store.notifications.query(NOTIFICATIONS)]
    return {notification.channel_id: notification for notification in found}


def due(vigil: VigilInMemory) -> int:
    return len(vigil.database.query(DUE_NOTIFICATIONS, bound=vigil.clock() + timedelta(days=9)))


def test_g2_what_fails_for_hours_is_given_up_with_its_reason_and_another_is_told() -> None:
    with VigilInMemory(tenant(PAGER, SPARE)) as vigil:
        vigil.notifier.trouble["pager"] = NotificationFailed("busy")
        vigil.strike(anomaly())
        for _ in range(30):
            send(vigil, after=901)

        lost = settled(vigil)["pager"]
        assert (lost.status, lost.reason, lost.attempts) == (NotificationStatus.FAILED, "busy", 20)
        assert vigil.notifier.told() == [("spare", "opened")]


@pytest.mark.parametrize("error", LOST)
def test_b16_what_is_rejected_is_recorded_and_a_channel_not_meant_for_it_is_told(
    error: Exception,
) -> None:
    with VigilInMemory(tenant(PAGER, SPARE, LAST)) as vigil:
        vigil.notifier.trouble["pager"] = error
        vigil.strike(anomaly())
        send(vigil)
        send(vigil)

        assert vigil.notifier.told() == [("spare", "opened")]
        assert settled(vigil)["pager"].status is NotificationStatus.FAILED


def test_b16_a_substitute_that_rejects_as_well_is_followed_by_the_next_until_none_is_left() -> None:
    with VigilInMemory(tenant(PAGER, SPARE, LAST)) as vigil:
        vigil.notifier.trouble |= {
            name: NotificationRejected("gone") for name in ("pager", "spare", "last")
        }
        vigil.strike(anomaly())
        for _ in range(6):
            send(vigil)

        assert {n.status for n in settled(vigil).values()} == {NotificationStatus.FAILED}
        assert len(settled(vigil)) == 3
        assert due(vigil) == 0


def test_b16_one_substitute_is_enough_for_two_lost_channels() -> None:
    with VigilInMemory(tenant(PAGER, CHAT, SPARE, LAST)) as vigil:
        rejected = NotificationRejected("gone")
        vigil.notifier.trouble |= {"pager": rejected, "chat": rejected}
        vigil.strike(anomaly())
        send(vigil)
        send(vigil)

        assert vigil.notifier.told() == [("spare", "opened")]


def test_b16_a_substitute_is_told_of_the_end_too() -> None:
    with VigilInMemory(tenant(PAGER, SPARE)) as vigil:
        vigil.notifier.trouble["pager"] = NotificationRejected("gone")
        later(vigil, anomaly())
        send(vigil)
        resolve_alert(vigil)
        send(vigil)

        assert vigil.notifier.told() == [("spare", "opened"), ("spare", "resolved")]


def test_b16_a_substitute_is_not_paged_again_when_the_severity_rises() -> None:
    with VigilInMemory(tenant(PAGER, SPARE)) as vigil:
        vigil.notifier.trouble["pager"] = NotificationRejected("gone")
        later(vigil, strayed("a"))
        send(vigil)
        later(vigil, strayed("b", 1, severity=Severity.CRITICAL))

        [alert] = alerts(vigil)
        assert alert.severity is Severity.CRITICAL
        assert alert.notification_channels == ("pager", "spare")
        assert vigil.notifier.told() == [("spare", "opened")]


def test_b16_a_substitute_is_found_when_the_alert_has_changed_meanwhile() -> None:
    with VigilInMemory(tenant(PAGER, SPARE)) as vigil:
        vigil.strike(strayed("a"))

        def fold_more() -> None:
            vigil.notifier.before = lambda: None
            vigil.notifier.trouble["pager"] = NotificationRejected("gone")
            vigil.strike(strayed("b", 1))

        vigil.notifier.before = fold_more
        send(vigil)
        assert settled(vigil) == {}
        send(vigil, after=61)
        send(vigil)

        assert vigil.notifier.told() == [("spare", "opened")]
        assert alerts(vigil)[0].anomaly_count == 2


@pytest.mark.parametrize(
    "channel",
    [
        pytest.param(Channel("hook", ChannelKind.WEBHOOK), id="a kind that nothing sends to"),
        pytest.param(None, id="a channel that was removed"),
    ],
)
def test_what_can_never_be_sent_is_given_up(channel: Channel | None) -> None:
    with VigilInMemory(tenant(channel or PAGER)) as vigil:
        vigil.strike(anomaly())
        if channel is None:
            vigil.registry.change_tenant(tenant())
        send(vigil)

        assert {n.status for n in settled(vigil).values()} == {NotificationStatus.FAILED}
        assert due(vigil) == 0
