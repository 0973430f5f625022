"""Anomalies become incidents and alerts, all of one instant in one commit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.cascades import CHECKOUT, alerts, cascade, incidents, later, strayed
from tests.vigil_in_memory import ACME, PAGER, VigilInMemory
from vigil.errors import PreconditionFailed, TransientError
from vigil.model.alert import AlertStatus
from vigil.model.channel import Channel, ChannelKind
from vigil.model.incident import IncidentStatus
from vigil.model.severity import Severity
from vigil.ports import Put, Write
from vigil.stores.queries import DUE_NOTIFICATIONS

SMS = Channel("sms", ChannelKind.TERMINAL, minimum_severity=Severity.CRITICAL)


def test_a_cascade_is_one_incident_with_one_alert_that_blames_its_cause() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())

        [incident], [alert] = incidents(vigil), alerts(vigil)
        assert incident.root_cause.anomaly_id == "v1-a-pay"
        assert len(incident.affected) == 3
        assert incident.alert_id == alert.alert_id
        assert alert.anomaly.endpoint == "POST /payment"
        assert vigil.notifier.told() == [("pager", "opened")]
        assigned = vigil.store.anomalies.get_all([a.anomaly_id for a in cascade()])
        assert {s.value.incident_id for s in assigned if s} == {incident.incident_id}


def test_c05_an_incident_its_alert_and_what_is_due_of_it_are_one_commit() -> None:
    with VigilInMemory(replace(ACME, channels=(PAGER, SMS))) as vigil:
        vigil.strike(*cascade(severity=Severity.CRITICAL))

        rows = [vigil.documents.paths(name) for name in ("incidents", "alerts", "outbox")]
        together = [paths for paths in zip(*rows, strict=True) if any(paths)]
        # The history of an alert lies below it.
        assert [[len(paths) for paths in commit] for commit in together] == [[1, 2, 2]]


@pytest.mark.parametrize("severity", [Severity.LOW, Severity.MEDIUM])
def test_what_is_worth_no_page_is_an_incident_without_an_alert(severity: Severity) -> None:
    with VigilInMemory() as vigil:
        later(vigil, strayed("a", severity=severity))

        assert [incident.alert_id for incident in incidents(vigil)] == [None]
        assert (alerts(vigil), vigil.notifier.told()) == ([], [])


def test_what_becomes_grave_later_is_told_then() -> None:
    with VigilInMemory() as vigil:
        later(vigil, strayed("a", severity=Severity.MEDIUM))
        later(vigil, strayed("b", 1, severity=Severity.HIGH))

        [incident] = incidents(vigil)
        assert incident.severity is Severity.HIGH
        assert vigil.notifier.told() == [("pager", "opened")]


def test_a_graver_severity_is_told_to_whom_it_concerns_only_now() -> None:
    with VigilInMemory(replace(ACME, channels=(PAGER, SMS))) as vigil:
        later(vigil, strayed("a", severity=Severity.HIGH))
        later(vigil, strayed("b", 1, severity=Severity.CRITICAL))
        later(vigil, strayed("c", 2, severity=Severity.CRITICAL))

        [alert] = alerts(vigil)
        assert alert.anomaly_count == 3
        assert vigil.notifier.told() == [("pager", "opened"), ("sms", "opened")]


def test_incidents_that_turn_out_to_be_one_go_on_as_the_first() -> None:
    linked = strayed("c", 1, callers=(CHECKOUT,), trace_ids=("t1", "t2"))
    with VigilInMemory() as vigil:
        later(vigil, strayed("a", trace_ids=("t1",)))
        later(vigil, strayed("b", service="mail", trace_ids=("t2",)))
        first, second = incidents(vigil)
        later(vigil, linked)

        ended = {incident.incident_id: incident for incident in incidents(vigil)}
        merged = [i for i in ended.values() if i.status is IncidentStatus.MERGED]
        [standing] = [i for i in ended.values() if i.status is IncidentStatus.OPEN]
        assert {merged[0].incident_id, standing.incident_id} == {
            first.incident_id,
            second.incident_id,
        }
        assert merged[0].merged_into == standing.incident_id
        statuses = sorted(alert.status.value for alert in alerts(vigil))
        assert statuses == ["open", "resolved"]
        assert [a.anomaly_count for a in alerts(vigil) if a.is_active] == [3]


def test_what_is_quiet_ends_with_its_alert_and_its_readers_are_told() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())
        vigil.settle(20 * 60)
        vigil.settle(20 * 60)

        [incident], [alert] = incidents(vigil), alerts(vigil)
        assert incident.status is IncidentStatus.RESOLVED
        assert (alert.status, alert.resolved_by) == (AlertStatus.RESOLVED, "vigil")
        assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]
        assert len(vigil.bus.of_type("incident_resolved")) == 1


def test_what_comes_again_after_it_was_quiet_is_another_incident_with_its_own_page() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())
        vigil.settle(20 * 60)
        later(vigil, *cascade(40, "b"))

        assert len(incidents(vigil)) == 2
        assert vigil.notifier.told() == [
            ("pager", "opened"),
            ("pager", "resolved"),
            ("pager", "opened"),
        ]


def test_an_explanation_that_comes_while_we_correlate_is_kept() -> None:
    with VigilInMemory() as vigil:
        later(vigil, strayed("a", severity=Severity.MEDIUM))

        def explain_first(_writes: Sequence[Write]) -> None:
            vigil.documents.before = lambda writes: None
            vigil.deliver()

        vigil.documents.before = explain_first
        later(vigil, strayed("b", 1, severity=Severity.MEDIUM))

        [incident] = incidents(vigil)
        assert incident.explanation is not None
        assert len(incident.anomaly_ids) == 2


def test_two_correlations_of_one_tenant_do_not_both_win() -> None:
    with VigilInMemory() as vigil:

        def correlate_first(_writes: Sequence[Write]) -> None:
            vigil.documents.before = lambda writes: None
            vigil.workflows.manage_alerts.correlate("acme")

        vigil.documents.before = correlate_first
        later(vigil, *cascade())

        assert (len(incidents(vigil)), len(alerts(vigil))) == (1, 1)
        assert vigil.counters()["incidents"] == 1
        assert vigil.notifier.told() == [("pager", "opened")]


def test_a_correlation_that_always_loses_says_so() -> None:
    with VigilInMemory() as vigil:

        def lose(_writes: Sequence[Write]) -> None:
            raise PreconditionFailed("somebody else")

        vigil.documents.before = lose
        with pytest.raises(TransientError):
            vigil.strike(*cascade())


def test_nothing_is_correlated_before_all_services_are_judged() -> None:
    with VigilInMemory() as vigil:
        vigil.strike(*cascade(), wait=timedelta(seconds=9))
        assert incidents(vigil) == []

        vigil.strike(*cascade(), wait=timedelta(seconds=10))
        assert len(incidents(vigil)) == 1


def test_many_windows_at_once_after_an_outage_give_what_they_would_have_given_in_turn() -> None:
    windows = [cascade(minute, f"w{minute}") for minute in range(5)]
    with VigilInMemory() as at_once, VigilInMemory() as in_turn:
        later(at_once, *(each for window in windows for each in window))
        for window in windows:
            later(in_turn, *window)

        assert incidents(at_once) == incidents(in_turn)
        assert [a.revision for a in alerts(at_once)] == [a.revision for a in alerts(in_turn)]
        assert at_once.notifier.told() == in_turn.notifier.told()


def test_every_put_of_what_is_kept_for_a_while_says_until_when() -> None:
    with VigilInMemory() as vigil:
        later(vigil, *cascade())
        vigil.deliver()
        vigil.settle(20 * 60)
        kept = ("anomalies", "incidents", "alerts", "history", "analyses", "notifications")
        puts = [
            write
            for commit in vigil.documents.commits
            for write in commit
            if isinstance(write, Put) and write.path.split("/")[-2] in kept
        ]

        assert {put.path.split("/")[-2] for put in puts} == set(kept)
        assert [put.path for put in puts if "expires_at" not in put.fields] == []
        assert vigil.database.query(DUE_NOTIFICATIONS, bound=vigil.clock()) == []


@pytest.mark.parametrize(
    ("alone", "opened"),
    [pytest.param(False, 1, id="of one cause"), pytest.param(True, 450, id="each on its own")],
)
def test_d30_a_storm_of_one_instant_is_taken_in_commits_that_firestore_takes(
    alone: bool, opened: int
) -> None:
    storm = [
        strayed(
            f"{number:03}",
            endpoint=f"GET /{number}",
            service=f"s{number}" if alone else "shop",
            trace_ids=() if alone else ("t",),
        )
        for number in range(450)
    ]
    with VigilInMemory() as vigil:
        vigil.strike(*storm)

        assert max(len(paths) for paths in vigil.documents.paths("anomalies")) == 200
        assert len(incidents(vigil)) == opened
        assert sum(incident.anomaly_count for incident in incidents(vigil)) == 450
