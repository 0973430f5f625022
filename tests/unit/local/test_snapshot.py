"""What is read from the stores for the views."""

from datetime import timedelta

import pytest

from tests.builders import NOON, alert
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.alerting.delivery import claim, sent
from vigil.alerting.notification_plan import plan
from vigil.local.snapshot import Place, Rate, Snapshot, notifications_of, outcomes_in
from vigil.model.alert import AlertStatus
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import Notification, Transition
from vigil.model.outcome import Outcomes
from vigil.stores.queries import DECLARED
from vigil.stores.tenant_store import TenantStore
from vigil.stores.usage import PLATFORM, count

TERMINAL, SLACK = Channel("terminal", ChannelKind.TERMINAL), Channel("slack", ChannelKind.SLACK)


@pytest.fixture
def store() -> TenantStore:
    return TenantStore(SqliteDocuments(":memory:", DECLARED), "acme")


def planned(channel: Channel) -> Notification:
    (told,) = plan(alert(), Transition.OPENED, [channel], now=NOON)
    return told


def test_what_was_sent_comes_before_what_has_been_due_for_longer(store: TenantStore) -> None:
    due = planned(SLACK)
    done = sent(
        claim(planned(TERMINAL), now=NOON, lease=timedelta(seconds=60)),
        now=NOON + timedelta(seconds=1),
    )
    store.documents.commit(
        [store.outbox.put(due.key, due), store.notifications.put(done.key, done)]
    )
    assert notifications_of(store, [alert()], [TERMINAL, SLACK]) == [done, due]


def test_only_what_belongs_to_the_alerts_is_read(store: TenantStore) -> None:
    due = planned(TERMINAL)
    store.documents.commit([store.outbox.put(due.key, due)])
    assert notifications_of(store, [alert(alert_id="v1-another")], [TERMINAL]) == []


def test_entries_that_belong_to_nobody_are_accounted_for_too(store: TenantStore) -> None:
    store.documents.commit(
        [
            count(store.root, "k", NOON, Outcomes(received=3, processed=2, duplicate=1)),
            count(PLATFORM, "k", NOON, Outcomes(received=1, invalid=1)),
        ]
    )
    outcomes = outcomes_in(store.documents, store)
    assert outcomes == Outcomes(received=4, processed=2, duplicate=1, invalid=1)
    assert outcomes.balanced


def test_a_rate_is_that_of_the_last_ten_seconds() -> None:
    rate = Rate()
    readings = [
        rate.per_second(NOON + timedelta(seconds=second), 10 * min(second, 20))
        for second in range(41)
    ]
    assert readings[0] == 0
    assert readings[1:21] == [10] * 20
    assert readings[25] == 5
    assert readings[40] == 0


def test_the_newest_alert_that_nobody_has_taken_is_the_one_to_acknowledge() -> None:
    alerts = [
        alert(alert_id="v1-3", status=AlertStatus.ACKNOWLEDGED),
        alert(alert_id="v1-2"),
        alert(alert_id="v1-1"),
    ]
    place = Place("http://api", "http://push", "http://shop", "key")
    snapshot = Snapshot(at=NOON, place=place, story="", alerts=alerts)
    assert snapshot.unanswered == alerts[1]
