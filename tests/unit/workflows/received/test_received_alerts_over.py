"""An incident stands as long as an alert of it fires, and every group ends where it then is."""

from datetime import timedelta

from tests.builders import NOON
from tests.cascades import alerts, incidents, later, strayed
from tests.joined_alerts import MINUTE, QUIET, let_pass, of_shop, open_ones, pages, payment
from tests.received_payloads import Sender, over, raised
from tests.vigil_in_memory import ACME, VigilInMemory
from vigil.model.incident import IncidentStatus
from vigil.model.incident_step import StepKind
from vigil.model.severity import Severity


def test_an_incident_stands_as_long_as_an_alert_of_it_fires(
    vigil: VigilInMemory, sender: Sender
) -> None:
    later(vigil, payment("pay"))
    sender.send(raised(service="web", severity="high"))
    let_pass(vigil, 3 * QUIET)
    [standing] = of_shop(vigil)
    sender.send(over(raised(service="web", severity="high")))
    [ceased] = of_shop(vigil)
    ceased_at = vigil.clock()
    let_pass(vigil, QUIET + MINUTE)
    let_pass(vigil, MINUTE)

    [quiet] = of_shop(vigil)
    assert standing.status is ceased.status is IncidentStatus.OPEN
    assert (standing.is_firing, ceased.is_firing) == (True, False)
    assert [(step.kind, step.by, step.note) for step in ceased.steps] == [
        (StepKind.CEASED, "alertmanager", "HighErrorRate fires no more, Alertmanager says")
    ]
    assert (quiet.status, quiet.resolved_by) == (IncidentStatus.RESOLVED, None)
    assert quiet.resolved_at == ceased_at + QUIET
    assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


def test_the_end_of_an_alert_does_not_end_what_still_strays(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.send(raised(service="shop", severity="high"))
    later(vigil, payment("pay"))
    sender.send(over(raised(service="shop", severity="high"), NOON + 2 * MINUTE))
    later(vigil, payment("pay-2", 3))

    [incident], [alert] = incidents(vigil), alerts(vigil)
    assert (incident.status, alert.is_active) == (IncidentStatus.OPEN, True)
    assert vigil.notifier.told() == [("pager", "opened")]


def test_what_strays_merges_alerts_that_stood_apart_and_each_of_them_ends_there(
    vigil: VigilInMemory, sender: Sender
) -> None:
    of_web = raised("Slow", service="web", severity="high")
    of_shop_itself = raised("Errors", service="shop", severity="high")
    sender.send(of_web, groupKey="web")
    sender.send(of_shop_itself, groupKey="shop")
    apart = len(open_ones(vigil))
    later(vigil, payment("pay"))
    [merged] = open_ones(vigil)
    sender.send(over(of_web), groupKey="web")
    sender.send(over(of_shop_itself), groupKey="shop")

    [incident] = open_ones(vigil)
    assert apart == 2
    assert [group.is_firing for group in merged.received] == [True, True]
    assert [group.is_firing for group in incident.received] == [False, False]
    assert [alert.is_active for alert in alerts(vigil)] == [True, False]
    assert pages(vigil) == 2


def test_an_alert_whose_trouble_turns_out_to_be_another_ends_where_it_is_then(
    vigil: VigilInMemory, sender: Sender
) -> None:
    slow = raised("Slow", service="web", severity="high")
    later(vigil, payment("pay"))
    sender.send(slow)
    # Its own service strays for a reason of its own, in none of the traces that fail in the other.
    apart = {"trace_ids": tuple(f"w{number}" for number in range(9))}
    own = strayed("web", 1, service="web", endpoint="GET /own", severity=Severity.HIGH, **apart)
    later(vigil, own)
    left, taken = open_ones(vigil)
    sender.send(over(slow))

    assert (left.received, taken.root_cause.service) == ((), "web")
    [group] = open_ones(vigil)[1].received
    assert (group.name, group.is_firing) == ("Slow", False)


def test_whoever_ends_an_incident_ends_it_with_its_alerts_and_may_bring_it_back(
    vigil: VigilInMemory, sender: Sender
) -> None:
    slow = raised("Slow", service="web", severity="high")
    later(vigil, payment("pay"))
    sender.send(slow)
    [incident] = incidents(vigil)
    actions = vigil.workflows.incident_actions
    actions.resolve(vigil.store, incident.incident_id, by="ada", note="known")
    sender.send(slow)
    [ended] = incidents(vigil)
    sender.send(over(slow))
    actions.reopen(vigil.store, incident.incident_id, by="ada", note="not over")
    [reopened] = incidents(vigil)
    let_pass(vigil, QUIET + MINUTE)
    let_pass(vigil, MINUTE)

    assert (ended.status, ended.is_firing) == (IncidentStatus.RESOLVED, True)
    assert (reopened.status, reopened.is_firing) == (IncidentStatus.OPEN, False)
    assert of_shop(vigil)[0].status is IncidentStatus.RESOLVED
    assert pages(vigil) == 1


def test_what_strays_within_an_alert_that_fires_for_hours_is_told_for_itself(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.send(raised(service="shop", severity="high"))
    vigil.clock.advance(3600)
    later(
        vigil,
        payment("pay", 60),
        strayed("lines", 60, service="shop", endpoint="", severity=Severity.HIGH),
    )

    received, own = incidents(vigil)
    assert (received.anomaly_count, own.anomaly_count) == (1, 2)
    assert pages(vigil) == 2


def test_no_quiet_ends_what_only_others_have_found(vigil: VigilInMemory, sender: Sender) -> None:
    sender.send(raised())
    for _ in range(3):
        let_pass(vigil, timedelta(hours=8))

    [received] = of_shop(vigil)
    assert (received.status, received.anomaly_count) == (IncidentStatus.OPEN, 1)


def test_what_strays_while_an_alert_was_over_already_is_told_for_itself(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.send(raised(service="shop"))
    sender.send(over(raised(service="shop"), NOON + MINUTE))
    later(vigil, payment("pay"))

    assert [alert.is_active for alert in alerts(vigil)] == [False, True]
    assert pages(vigil) == 2


def test_an_alert_that_fires_longer_than_anomalies_are_kept_still_ends(
    vigil: VigilInMemory, sender: Sender
) -> None:
    slow = raised(service="web", severity="high")
    more = raised(service="web", severity="high", instance="b")
    later(vigil, payment("pay"))
    sender.send(slow)
    [standing] = incidents(vigil)
    writes = [vigil.store.anomalies.delete(each) for each in standing.anomaly_ids]
    vigil.database.commit(writes)
    for _ in range(ACME.retention_days + 1):
        vigil.clock.advance(24 * 3600)
        sender.send(slow)
    [kept] = of_shop(vigil)
    sender.send(slow, more)
    grown = len(open_ones(vigil))
    sender.send(over(slow), over(more))

    assert kept.last_detected_at > standing.last_detected_at
    assert (kept.incident_id, grown) == (standing.incident_id, 2)
    assert not any(each.is_firing for each in incidents(vigil))
