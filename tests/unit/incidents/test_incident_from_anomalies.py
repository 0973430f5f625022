"""An incident says what its anomalies say, and its id comes from their content."""

from dataclasses import replace
from datetime import timedelta

from tests.builders import NOON, anomaly
from vigil.incidents.incident_from_anomalies import incident_from_anomalies
from vigil.incidents.incident_id import new_incident_id
from vigil.incidents.root_cause import find_root_cause
from vigil.model.identity import checked_id
from vigil.model.incident import IncidentStatus
from vigil.model.series import Series
from vigil.model.severity import Severity

CHECKOUT = Series("shop", "POST /checkout")
PAYMENT = anomaly(endpoint="POST /v1/payment/{id}", trace_ids=("t0", "t2"), callers=(CHECKOUT,))
FOLLOWING = anomaly(
    anomaly_id="v1-checkout",
    endpoint=CHECKOUT.endpoint,
    severity=Severity.CRITICAL,
    started_at=NOON + timedelta(seconds=70),
    detected_at=NOON + timedelta(seconds=120),
    trace_ids=("t1", "t2"),
)
CASCADE = [FOLLOWING, PAYMENT]


def test_an_incident_says_what_its_anomalies_say() -> None:
    incident = incident_from_anomalies("INC-1-abcdef", CASCADE)

    assert incident.title == "Error spike in POST /v1/payment/{id}, 2 endpoints affected"
    assert incident.root_cause == find_root_cause(CASCADE)
    assert (incident.status, incident.severity) == (IncidentStatus.OPEN, Severity.CRITICAL)
    assert incident.affected == (PAYMENT.series, CHECKOUT)
    assert incident.anomaly_ids == ("v1-anomaly", "v1-checkout")
    assert incident.trace_id == "t2"
    assert incident.correlated_failures == ("v1_payment_errors", "checkout_errors")
    assert incident.started_at == PAYMENT.started_at
    assert incident.first_detected_at == PAYMENT.detected_at
    assert incident.last_detected_at == FOLLOWING.detected_at


def test_what_is_known_of_an_incident_stays_when_it_is_made_anew() -> None:
    before = incident_from_anomalies("INC-1-abcdef", CASCADE)
    known = replace(before, alert_id="v1-alert")

    after = incident_from_anomalies("INC-1-abcdef", CASCADE, earlier=[known], added=0)

    assert after == known


def test_an_incident_id_comes_from_content_and_may_stand_in_a_path() -> None:
    incident_id = new_incident_id(PAYMENT)

    assert checked_id(incident_id).startswith("INC-1768910460-")
    assert incident_id == new_incident_id(replace(PAYMENT, severity=Severity.LOW))
    assert incident_id != new_incident_id(replace(PAYMENT, anomaly_id="v1-other"))
    assert incident_id != new_incident_id(replace(PAYMENT, tenant_id="other"))
