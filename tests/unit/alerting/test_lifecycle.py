"""An alert opens, is acknowledged, is resolved, and goes back only if a person says so."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.builders import NOON, anomaly, incident
from vigil.alerting.lifecycle import acknowledge, fold, open_alert, reopen, resolve
from vigil.errors import InvalidRequest
from vigil.model.alert import Alert, AlertStatus
from vigil.model.channel import Channel, ChannelKind
from vigil.model.identity import checked_id
from vigil.model.series import Series
from vigil.model.severity import Severity

PAGER = Channel("pager", ChannelKind.WEBHOOK, minimum_severity=Severity.CRITICAL)
CHANNELS = (PAGER, Channel("terminal", ChannelKind.TERMINAL))
LATER = NOON + timedelta(minutes=5)
OPENED = open_alert(incident(), anomaly(), channels=CHANNELS)
ACKNOWLEDGED = acknowledge(OPENED, by="ann", now=LATER)
RESOLVED = resolve(OPENED, by="ann", now=LATER, note="rolled back")


def test_an_alert_is_opened_in_event_time_and_names_who_is_to_be_told() -> None:
    assert OPENED.created_at == incident().first_detected_at
    assert OPENED.notification_channels == ("terminal",)
    assert (OPENED.status, OPENED.severity, OPENED.revision) == (
        AlertStatus.OPEN,
        Severity.HIGH,
        1,
    )
    assert OPENED.labels == {
        "service": "shop",
        "endpoint": "POST /payment",
        "anomaly_type": "error_spike",
    }
    assert OPENED.annotations["description"] == "38 of 40 requests failed, usually 0 of 42"


def test_c04_opening_the_same_alert_twice_gives_the_same_alert() -> None:
    again = open_alert(incident(), anomaly(), channels=CHANNELS)

    assert again == OPENED
    assert checked_id(again.alert_id) == again.alert_id


@pytest.mark.parametrize(
    ("changed", "same_fingerprint"),
    [
        pytest.param({"anomaly_id": "v1-other", "severity": Severity.LOW}, True, id="another time"),
        pytest.param({"endpoint": "POST /checkout"}, False, id="another endpoint"),
        pytest.param({"service": "mail"}, False, id="another service"),
    ],
)
def test_the_fingerprint_says_what_is_wrong(
    changed: dict[str, object], same_fingerprint: bool
) -> None:
    other = open_alert(incident(incident_id="INC-2-abcdef"), anomaly(**changed), channels=())

    assert (other.fingerprint == OPENED.fingerprint) is same_fingerprint
    assert other.fingerprint.startswith("v1:")
    assert other.alert_id != OPENED.alert_id


def test_another_tenant_has_another_alert_and_another_fingerprint() -> None:
    other = open_alert(incident(tenant_id="other"), anomaly(), channels=())

    assert other.alert_id != OPENED.alert_id
    assert other.fingerprint != OPENED.fingerprint


def test_what_becomes_of_the_incident_is_folded_into_its_alert() -> None:
    grown = incident(
        title="Error spike in POST /payment, 2 endpoints affected",
        severity=Severity.CRITICAL,
        affected=(anomaly().series, Series("shop", "POST /checkout")),
        anomaly_ids=("v1-anomaly", "v1-checkout"),
        anomaly_count=2,
        last_detected_at=LATER,
    )

    folded = fold(OPENED, grown, channels=CHANNELS)

    assert folded.severity is Severity.CRITICAL
    assert folded.anomaly_count == 2
    assert folded.title.endswith("2 endpoints affected")
    assert folded.updated_at == LATER
    assert folded.notification_channels == ("terminal", "pager"), "the pager hears of it now"
    assert folded.revision == 2
    assert folded.anomaly == OPENED.anomaly
    assert fold(folded, grown, channels=CHANNELS) == folded


def test_folding_never_lowers_the_severity_nor_takes_anything_back() -> None:
    grave = replace(OPENED, severity=Severity.CRITICAL, anomaly_count=3, updated_at=LATER)

    folded = fold(grave, incident(severity=Severity.LOW), channels=())

    assert folded == grave


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        pytest.param(OPENED, ("ann", LATER, 2), id="open"),
        pytest.param(replace(ACKNOWLEDGED, acknowledged_by="bob"), ("bob", LATER, 2), id="again"),
    ],
)
def test_the_first_who_acknowledges_stays(alert: Alert, expected: tuple[object, ...]) -> None:
    taken = acknowledge(alert, by="ann", now=LATER)

    assert (taken.acknowledged_by, taken.acknowledged_at, taken.revision) == expected
    assert taken.status is AlertStatus.ACKNOWLEDGED


def test_a_resolved_alert_cannot_be_acknowledged() -> None:
    with pytest.raises(InvalidRequest, match="resolved"):
        acknowledge(RESOLVED, by="bob", now=LATER)


@pytest.mark.parametrize("alert", [OPENED, ACKNOWLEDGED], ids=["open", "acknowledged"])
def test_an_alert_is_resolved_once(alert: Alert) -> None:
    over = resolve(alert, by="ann", now=LATER, note="rolled back")

    assert (over.status, over.resolved_at, over.resolved_by) == (
        AlertStatus.RESOLVED,
        LATER,
        "ann",
    )
    assert (over.resolution_note, over.revision) == ("rolled back", alert.revision + 1)
    assert not over.is_active
    assert resolve(over, by="bob", now=LATER, note="again") == over
    assert fold(over, incident(severity=Severity.CRITICAL), channels=CHANNELS) == over


class AnyLife(RuleBasedStateMachine):
    """Any sequence of changes, repeated, late and out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.history = [OPENED]

    def become(self, alert: Alert) -> None:
        if alert != self.history[-1]:
            self.history.append(alert)

    @rule(
        severity=st.sampled_from(list(Severity)),
        number=st.integers(1, 4),
        minutes=st.integers(-5, 5),
    )
    def fold(self, severity: Severity, number: int, minutes: int) -> None:
        changed = incident(
            severity=severity,
            anomaly_count=number,
            last_detected_at=NOON + timedelta(minutes=minutes),
        )
        self.become(fold(self.history[-1], changed, channels=CHANNELS))

    @rule(by=st.sampled_from(["ann", "bob"]), minutes=st.integers(-5, 5))
    def acknowledge(self, by: str, minutes: int) -> None:
        now = NOON + timedelta(minutes=minutes)
        if self.history[-1].is_active:
            self.become(acknowledge(self.history[-1], by=by, now=now))
        else:
            with pytest.raises(InvalidRequest):
                acknowledge(self.history[-1], by=by, now=now)

    @rule(by=st.sampled_from(["ann", "bob"]), minutes=st.integers(-5, 5))
    def resolve(self, by: str, minutes: int) -> None:
        now = NOON + timedelta(minutes=minutes)
        self.become(resolve(self.history[-1], by=by, now=now))

    @invariant()
    def only_ever_moves_on(self) -> None:
        order = tuple(AlertStatus)
        for before, after in zip(self.history, self.history[1:], strict=False):
            assert order.index(before.status) <= order.index(after.status)
            assert after.revision == before.revision + 1
            assert before.severity.rank <= after.severity.rank
            assert before.anomaly_count <= after.anomaly_count
            assert before.updated_at <= after.updated_at
            assert set(before.notification_channels) <= set(after.notification_channels)

    @invariant()
    def nothing_comes_after_the_end(self) -> None:
        assert all(alert.is_active for alert in self.history[:-1])


TestG5AnyHistoryIsAPathFromOpenToResolved = AnyLife.TestCase


def test_a_resolved_alert_is_brought_back_to_who_says_that_it_is_not_over() -> None:
    again = reopen(RESOLVED, by="kim", now=LATER + timedelta(minutes=1))

    assert (again.status, again.acknowledged_by) == (AlertStatus.ACKNOWLEDGED, "kim")
    assert (again.resolved_at, again.resolved_by, again.resolution_note) == (None, None, None)
    assert (again.times_reopened, again.revision) == (1, RESOLVED.revision + 1)
    assert reopen(again, by="ann", now=LATER) == again
    assert reopen(OPENED, by="ann", now=LATER) == OPENED
