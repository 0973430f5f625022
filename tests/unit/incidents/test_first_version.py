"""Clients of the first version find in an incident what either of its documents promised them."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.builders import anomaly, incident, told_incident
from vigil.incidents.incident_id import new_incident_id
from vigil.incidents.incident_json import incident_as_json
from vigil.model.incident import Incident
from vigil.model.series import Series
from vigil.model.severity import Severity

# Its guide calls the reason an issue and names the traces,
IN_THE_GUIDE: dict[str, Any] = {
    "id": "INC-1737404800-1",
    "severity": "high",
    "title": "Several endpoints stray",
    "root_cause": {"endpoint": "payment", "issue": "1250 ms, usually 180 ms"},
    "affected_endpoints": ["payment", "checkout"],
    "first_detected": "2026-01-20T10:30:15",
    "trace_correlation": {
        "trace_id": "abc-123-def",
        "correlated_failures": ["payment_latency", "checkout_timeout"],
    },
}
# its reference card calls it a description, says how sure it is, and names endpoints by path.
ON_THE_CARD: dict[str, Any] = {
    "id": "INC-1737404800-1",
    "severity": "high",
    "title": "Latency spike in /payment",
    "root_cause": {
        "endpoint": "/payment",
        "description": "1250 ms, usually 180 ms",
        "confidence": 1.0,
    },
    "affected_endpoints": ["/payment", "/checkout"],
    "first_detected": "2026-01-20T10:30:15",
}
INCIDENTS = [
    pytest.param(
        told_incident(affected=(Series("shop", "POST /payment"), Series("mail"))), id="whole"
    ),
    pytest.param(incident(trace_id="abc-123-def"), id="bare"),
]


def paths(document: object, above: str = "") -> Iterator[tuple[str, type]]:
    """Yield each key at any depth with the type of its value."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield f"{above}.{key}", type(value)
            yield from paths(value, f"{above}.{key}")


@pytest.mark.parametrize("promised", [IN_THE_GUIDE, ON_THE_CARD], ids=["guide", "card"])
@pytest.mark.parametrize("told", INCIDENTS)
def test_each_promised_key_is_there_with_a_value_of_its_type(
    told: Incident, promised: dict[str, Any]
) -> None:
    written = dict(paths(incident_as_json(told)))
    assert {key: written.get(key) for key, _ in paths(promised)} == dict(paths(promised))


@pytest.mark.parametrize("told", INCIDENTS)
def test_values_mean_what_those_clients_take_them_for(told: Incident) -> None:
    written: Any = incident_as_json(told)
    cause = written["root_cause"]
    assert cause["issue"] == cause["description"]
    assert 0 <= cause["confidence"] <= 1
    assert cause["endpoint"] in written["affected_endpoints"]
    assert written["severity"] in [each.value for each in Severity]
    assert datetime.fromisoformat(written["first_detected"]).utcoffset() is not None
    assert all(isinstance(each, str) for each in written["affected_endpoints"])


def test_an_id_has_the_form_that_they_know() -> None:
    known, own = IN_THE_GUIDE["id"], new_incident_id(anomaly())
    form = re.compile(r"INC-\d{10}-\w+")
    assert form.fullmatch(known)
    assert form.fullmatch(own)
