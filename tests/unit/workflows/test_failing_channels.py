"""A channel that fails costs a run one attempt, however much is due on it (FAULTS B17)."""

from dataclasses import replace

import pytest

from tests.builders import alert, incident
from tests.vigil_in_memory import ACME, PAGER, VigilInMemory
from vigil.alerting.notification_plan import plan
from vigil.errors import NotificationFailed, NotificationRejected
from vigil.model.channel import Channel
from vigil.model.notification import Notification, Transition
from vigil.ports import Write
from vigil.stores.queries import DUE_NOTIFICATIONS

PHONE = replace(PAGER, channel_id="phone")


def owe(vigil: VigilInMemory, count: int, channel: Channel) -> None:
    """Let `count` alerts be due on `channel`."""
    torn = incident()
    puts: list[Write] = [vigil.store.incidents.put(torn.incident_id, torn)]
    for number in range(count):
        opened = alert(alert_id=f"v1-{channel.channel_id}{number}")
        [planned] = plan(opened, Transition.OPENED, [channel], now=vigil.clock())
        puts.append(vigil.store.alerts.put(opened.alert_id, opened))
        puts.append(vigil.store.outbox.put(planned.key, planned))
    vigil.database.commit(puts)


def due(vigil: VigilInMemory) -> list[Notification]:
    found = vigil.database.query(DUE_NOTIFICATIONS, bound=vigil.clock())
    return [vigil.store.outbox.read(document).value for document in found]


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(NotificationFailed("timed out"), id="it hangs"),
        pytest.param(KeyError("x"), id="its notifier has a fault"),
    ],
)
def test_b17_a_channel_that_fails_is_left_alone_until_the_next_run(trouble: Exception) -> None:
    with VigilInMemory() as vigil:
        vigil.notifier.trouble["pager"] = trouble
        owe(vigil, 5, PAGER)
        vigil.workflows.manage_alerts.deliver()

        assert [notification.attempts for notification in due(vigil)] == [0, 0, 0, 0]


def test_each_attempt_that_failed_is_logged_without_what_was_to_be_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with VigilInMemory() as vigil:
        vigil.notifier.trouble["pager"] = NotificationFailed("timed out")
        owe(vigil, 1, PAGER)
        for _ in range(2):
            vigil.workflows.manage_alerts.deliver()
            vigil.clock.advance(60)

    told = [(record.message, vars(record)["vigil_fields"]) for record in caplog.records]
    fields = {"tenant_id": "acme", "alert_id": "v1-pager0", "channel_id": "pager"}
    assert told == [
        (
            "a notification was not sent and is tried again",
            {**fields, "attempts": attempts, "reason": "timed out"},
        )
        for attempts in (1, 2)
    ]


def test_b17_what_is_rejected_does_not_stop_its_channel() -> None:
    with VigilInMemory() as vigil:
        vigil.notifier.trouble["pager"] = NotificationRejected("too long")
        owe(vigil, 5, PAGER)
        vigil.workflows.manage_alerts.deliver()

        assert due(vigil) == []


def test_b17_much_that_is_due_on_a_failing_channel_does_not_hide_what_is_due_on_others() -> None:
    with VigilInMemory(replace(ACME, channels=(PAGER, PHONE))) as vigil:
        vigil.notifier.trouble["pager"] = NotificationFailed("timed out")
        owe(vigil, 130, PAGER)
        vigil.clock.advance(1)
        owe(vigil, 1, PHONE)
        for _ in range(2):
            vigil.workflows.manage_alerts.deliver()

        assert vigil.notifier.told() == [("phone", "opened")]
