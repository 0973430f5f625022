"""Received alerts are part of the incident that they belong to, and so is what strays of theirs."""

from dataclasses import replace

import pytest

from tests.cascades import alerts, incidents, later
from tests.joined_alerts import QUIET, let_pass, of_shop, pages, payment, reasons
from tests.received_payloads import Sender, raised
from tests.vigil_in_memory import ACME, PAGER, VigilInMemory
from vigil.model.anomaly import AnomalyType
from vigil.model.severity import Severity
from vigil.stores.queries import ALERT_HISTORY


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        pytest.param("web", "is of web, which calls POST /payment", id="of a caller"),
        pytest.param(
            "shop",
            "is of the same service shop as POST /payment, which strayed",
            id="of the service itself",
        ),
    ],
)
def test_an_alert_joins_what_strays_and_wakes_nobody_again(
    vigil: VigilInMemory, sender: Sender, service: str, reason: str
) -> None:
    later(vigil, payment("pay"))
    sender.send(raised("SlowRequests", service=service, severity="high"))

    [incident], [alert] = incidents(vigil), alerts(vigil)
    [group] = incident.received
    assert (group.name, group.services, group.is_firing) == ("SlowRequests", (service,), True)
    assert reasons(vigil, incident)[AnomalyType.RECEIVED_ALERT] == reason
    assert (incident.source, incident.anomaly_count, alert.anomaly_count) == (None, 2, 2)
    assert incident.root_cause.endpoint == "POST /payment"
    assert pages(vigil) == 1
    assert vigil.given_up == []


def test_what_strays_joins_the_alert_that_came_before_it(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.send(raised("SlowRequests", service="web", severity="high"))
    opened = incidents(vigil)[0]
    later(vigil, payment("pay"))

    [incident], [alert] = incidents(vigil), alerts(vigil)
    assert (incident.incident_id, incident.source) == (opened.incident_id, None)
    assert reasons(vigil, incident)[AnomalyType.ERROR_SPIKE] == (
        "is called by web, of which the alert SlowRequests tells"
    )
    assert incident.root_cause.endpoint == "POST /payment"
    assert alert.title == "Error spike in POST /payment, 2 endpoints and services affected"
    assert pages(vigil) == 1
    assert len(vigil.bus.of_type("analysis_requested")) == 1


def test_who_was_told_is_told_again_of_a_graver_alert(vigil: VigilInMemory, sender: Sender) -> None:
    later(vigil, payment("pay"))
    sender.send(raised("SlowRequests", service="web", severity="high"))
    as_grave = pages(vigil)
    sender.send(raised("Down", service="web"), groupKey="down")
    sender.send(raised("AllDown", service="web"), groupKey="all-down")

    [incident], [alert] = incidents(vigil), alerts(vigil)
    assert as_grave == 1
    assert pages(vigil) == 2
    assert (alert.severity, len(incident.received)) == (Severity.CRITICAL, 3)
    history = vigil.store.history(alert.alert_id).query(ALERT_HISTORY)
    assert history[-1].value.note == "raised to critical"


def test_who_is_told_of_a_warning_is_told_again_when_it_is_worth_waking_them() -> None:
    quiet = replace(PAGER, minimum_severity=Severity.LOW)
    with VigilInMemory(replace(ACME, channels=(quiet,))) as vigil:
        Sender(vigil).send(raised(service="shop", severity="warning"))
        later(vigil, payment("pay"))
        later(vigil, payment("pay-2", 1, severity=Severity.CRITICAL))

        assert [message.severity for _, message in vigil.notifier.sent] == [
            Severity.MEDIUM,
            Severity.HIGH,
        ]


def test_a_channel_that_has_not_been_told_yet_is_told_once_as_it_is_now(
    vigil: VigilInMemory, sender: Sender
) -> None:
    vigil.strike(payment("pay"))
    # What comes of it has not been delivered yet.
    vigil.bus.waiting.clear()
    sender.send(raised("Down", service="web"))

    assert [message.severity for _, message in vigil.notifier.sent] == [Severity.CRITICAL]


def test_an_alert_is_told_even_if_what_it_joins_was_worth_waking_nobody() -> None:
    quiet = replace(PAGER, minimum_severity=Severity.LOW)
    with VigilInMemory(replace(ACME, channels=(quiet,))) as vigil:
        later(vigil, payment("pay", severity=Severity.LOW))
        silent = alerts(vigil)
        Sender(vigil).send(raised(service="web", severity="info"))

        [incident], [alert] = incidents(vigil), alerts(vigil)
        assert silent == []
        assert (incident.alert_id, alert.severity) == (alert.alert_id, Severity.LOW)
        assert pages(vigil) == 1


def test_repeats_of_what_has_joined_change_nothing(vigil: VigilInMemory, sender: Sender) -> None:
    later(vigil, payment("pay"))
    sender.send(raised(service="web", severity="high"))
    before = incidents(vigil), alerts(vigil)
    [told] = vigil.bus.of_type("alert_received")
    for _ in range(4):
        vigil.workflows.manage_alerts.handle(told.attributes, told.data)
    sender.send(raised(service="web", severity="high"))

    assert (incidents(vigil), alerts(vigil)) == before


def test_a_group_grows_in_the_incident_that_it_has_joined(
    vigil: VigilInMemory, sender: Sender
) -> None:
    first = raised(service="web", severity="high")
    more = raised(service="app", severity="high", instance="b")
    later(vigil, payment("pay"))
    sender.send(first)
    let_pass(vigil, 3 * QUIET)
    sender.send(first, more)

    [incident] = of_shop(vigil)
    [group] = incident.received
    assert incident.anomaly_count == 3
    assert group.services == ("web", "app")
    assert incident.title.startswith("Error spike in POST /payment")
    found = vigil.store.anomalies.get(group.anomaly_id)
    assert found is not None
    assert found.value.metrics["alerts"] == 2
    assert pages(vigil) == 1
