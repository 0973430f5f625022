"""Received alerts become alerts of Vigil: one for a group, for as long as one of it fires."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.cascades import alerts, incidents
from tests.received_payloads import Sender, alertmanager, over, raised
from tests.vigil_in_memory import ACME, PAGER, VigilInMemory
from vigil.errors import PermanentError
from vigil.model.alert import AlertStatus
from vigil.model.anomaly import AnomalyType
from vigil.model.incident import IncidentStatus
from vigil.model.received_alert import AlertSource
from vigil.model.series import Series
from vigil.model.severity import Severity
from vigil.ports import Message
from vigil.stores.queries import ALERT_HISTORY

HOUR = timedelta(hours=1)
LATER = (NOON + HOUR).isoformat()


def test_a_received_alert_is_an_alert_with_an_incident_and_a_page(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.send(raised())

    [alert], [incident] = alerts(vigil), incidents(vigil)
    assert (alert.status, alert.severity) == (AlertStatus.OPEN, Severity.CRITICAL)
    assert alert.title == incident.title == "HighErrorRate in checkout"
    assert alert.anomaly.anomaly_type is AnomalyType.RECEIVED_ALERT
    assert alert.anomaly.incident_id == alert.incident_id == incident.incident_id
    assert incident.alert_id == alert.alert_id
    assert incident.source is AlertSource.ALERTMANAGER
    assert incident.affected == (Series("checkout"),)
    assert alert.labels["alertname"] == "HighErrorRate"
    assert vigil.store.anomalies.get(alert.anomaly.anomaly_id)
    [(channel, message)] = vigil.notifier.sent
    assert channel == PAGER.channel_id
    assert message.why == "HighErrorRate: 38 % of the requests fail"
    assert message.since == NOON
    assert message.steps[0] == "Follow its runbook: https://runbooks.example/high-error-rate"
    assert vigil.bus.of_type("alert_created")
    assert vigil.bus.of_type("incident_opened")
    assert not vigil.bus.of_type("analysis_requested")


def test_an_incident_of_cloud_monitoring_as_well(vigil: VigilInMemory, sender: Sender) -> None:
    sender.send_incident()
    sender.send_incident(state="closed", ended_at=int((NOON + HOUR).timestamp()))

    [alert] = alerts(vigil)
    assert (alert.title, alert.status) == ("Slow requests in cart", AlertStatus.RESOLVED)
    assert alert.resolved_by == "cloud_monitoring"
    assert alert.resolution_note == "Cloud Monitoring says that it is over"
    assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


def test_a_new_onset_after_the_end_is_another_alert(vigil: VigilInMemory, sender: Sender) -> None:
    sender.send(raised())
    sender.send(over(raised()))
    vigil.clock.advance(3600)
    sender.send(raised(startsAt=LATER))

    assert [alert.is_active for alert in alerts(vigil)] == [False, True]
    assert len({alert.fingerprint for alert in alerts(vigil)}) == 1
    assert [told for _, told in vigil.notifier.told()] == ["opened", "resolved", "opened"]


def test_a_group_ends_when_none_of_it_fires_any_more(vigil: VigilInMemory, sender: Sender) -> None:
    first, second = raised(), raised(instance="b")
    sender.send(first)
    sender.send(first, second)
    sender.send(over(first), second)
    [standing] = alerts(vigil)
    sender.send(over(first), over(second))

    [alert] = alerts(vigil)
    assert (standing.is_active, standing.anomaly_count) == (True, 2)
    assert standing.title == "HighErrorRate in checkout, 2 alerts"
    assert not alert.is_active
    assert incidents(vigil)[0].status is IncidentStatus.RESOLVED
    assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


def test_a21_what_the_sender_left_out_keeps_a_group_standing_until_all_is_over(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.send(raised(), truncatedAlerts=3)
    sender.send(over(raised()), truncatedAlerts=3, status="firing")
    [standing] = alerts(vigil)
    sender.send(over(raised()), truncatedAlerts=3, status="resolved")

    assert standing.is_active
    assert "has left out 3 more alerts" in standing.annotations["reason"]
    assert not alerts(vigil)[0].is_active


def test_whoever_resolves_it_is_not_woken_by_repeats_but_by_something_new(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.send(raised())
    [alert] = alerts(vigil)
    vigil.workflows.alert_actions.resolve(vigil.store, alert.alert_id, by="ada", note="known")
    vigil.deliver()
    vigil.clock.advance(3600)
    sender.send(raised())
    quiet = vigil.notifier.told().count(("pager", "opened"))
    sender.send(raised(), raised(instance="b"))

    assert quiet == 1
    assert [alert.is_active for alert in alerts(vigil)] == [False, True]
    assert vigil.notifier.told().count(("pager", "opened")) == 2


def test_an_acknowledged_one_stays_so_while_it_grows_and_until_its_end(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.send(raised())
    [alert] = alerts(vigil)
    vigil.workflows.alert_actions.acknowledge(vigil.store, alert.alert_id, by="ada")
    sender.send(raised(), raised(instance="b"))
    [grown] = alerts(vigil)
    sender.send(over(raised()), over(raised(instance="b")))

    assert (grown.status, grown.acknowledged_by) == (AlertStatus.ACKNOWLEDGED, "ada")
    history = vigil.store.history(alert.alert_id).query(ALERT_HISTORY)
    assert [(line.value.status, line.value.by) for line in history] == [
        ("open", "alertmanager"),
        ("acknowledged", "ada"),
        ("resolved", "alertmanager"),
    ]


def test_what_is_not_grave_is_an_alert_that_wakes_nobody(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.send(raised(severity="warning"))

    [alert] = alerts(vigil)
    assert (alert.severity, alert.is_active) == (Severity.MEDIUM, True)
    assert vigil.notifier.told() == []


def test_a_channel_that_wants_to_hear_of_it_does() -> None:
    quiet = replace(PAGER, minimum_severity=Severity.LOW)
    with VigilInMemory(replace(ACME, channels=(quiet,))) as vigil:
        Sender(vigil).send(raised(severity="info"))
        assert vigil.notifier.told() == [("pager", "opened")]


def test_d30_ten_thousand_noisy_alerts_are_one_and_hide_nothing(
    vigil: VigilInMemory, sender: Sender
) -> None:
    noise = [raised(severity="high", instance=str(number)) for number in range(9_999)]
    body = alertmanager([*noise, raised("DatabaseDown")])
    answer = sender.post(AlertSource.ALERTMANAGER, body)
    vigil.deliver()

    assert answer.body["accepted"] == 10_000
    assert {alert.title for alert in alerts(vigil)} == {
        "HighErrorRate in checkout, 9999 alerts",
        "DatabaseDown in checkout",
    }
    assert vigil.notifier.told() == [("pager", "opened"), ("pager", "opened")]
    noisy = next(alert for alert in alerts(vigil) if "9999" in alert.title)
    assert noisy.annotations["description"].endswith("; and 9996 more")
    assert vigil.counters()["received_alerts"] == 10_000


def test_what_is_still_spoken_of_is_not_forgotten(vigil: VigilInMemory, sender: Sender) -> None:
    sender.send(raised())
    for _ in range(2 * ACME.retention_days):
        vigil.clock.advance(24 * 3600)
        sender.send(raised())
        vigil.workflows.cleanup.run()

    [alert] = alerts(vigil)
    assert alert.is_active
    assert len(incidents(vigil)) == 1
    sender.send(over(raised()))
    assert not alerts(vigil)[0].is_active
    assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


def test_what_begins_when_its_alert_is_no_longer_kept_is_told_anew(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.send(raised())
    [alert] = alerts(vigil)
    vigil.database.commit([vigil.store.alerts.delete(alert.alert_id)])
    sender.send(raised(), raised(instance="b"))

    assert [alert.is_active for alert in alerts(vigil)] == [True]
    assert vigil.notifier.told() == [("pager", "opened"), ("pager", "opened")]


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"alert": 1}', b'{"alert": {"group_id": "v1-a"}}'],
    ids=repr,
)
def test_an_event_that_tells_of_nothing_is_set_aside(vigil: VigilInMemory, data: bytes) -> None:
    attributes = {"event_type": "alert_received", "tenant_id": "acme"}
    with pytest.raises(PermanentError, match="no received alerts"):
        vigil.workflows.manage_alerts.handle(attributes, data)


def test_fields_of_the_future_are_passed_over(vigil: VigilInMemory, sender: Sender) -> None:
    sender.post(AlertSource.ALERTMANAGER, alertmanager([raised()]))
    topic, message = vigil.bus.waiting.pop()
    more = message.data.replace(b'"truncated":0', b'"truncated":0,"new":{"a":[1]}')
    vigil.bus.waiting.append((topic, Message(more, message.attributes)))
    vigil.deliver()

    assert b'"new"' in more
    assert len(alerts(vigil)) == 1
