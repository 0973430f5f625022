"""A tenant may have its own findings deleted before their time, and nothing else."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.api_installation import NOW, Installation
from tests.builders import alert, anomaly, incident
from vigil.model.alert import AlertStatus
from vigil.model.alert_change import AlertChange
from vigil.model.explanation import Explanation
from vigil.model.incident import IncidentStatus
from vigil.stores.queries import ALERTS, ANOMALIES, INCIDENTS
from vigil.stores.tenant_store import LedgerEntry

DAYS = (0, 1, 2, 5)


@pytest.fixture
def here() -> Iterator[Installation]:
    """Both tenants have findings of some days ago, of which one alert and one incident go on."""
    with Installation() as installation:
        for tenant_id in ("acme", "globex"):
            for days in DAYS:
                _settle(installation, tenant_id, days)
        yield installation


def _settle(here: Installation, tenant_id: str, days: int) -> None:
    at, key, store = NOW - timedelta(days=days), f"d{days}", here.store(tenant_id)
    over = AlertStatus.OPEN if days == 5 else AlertStatus.RESOLVED
    ended = IncidentStatus.OPEN if days == 5 else IncidentStatus.RESOLVED
    here.database.commit(
        [
            store.anomalies.put(key, anomaly(anomaly_id=key, detected_at=at)),
            store.incidents.put(key, incident(incident_id=key, last_detected_at=at, status=ended)),
            store.alerts.put(key, alert(alert_id=key, updated_at=at, status=over)),
            store.history(key).put("000001", AlertChange(1, "open", at, "vigil")),
            store.analyses.put(key, Explanation(key, "h", "s", "c", 1.0, (), (), at)),
            store.ledger.put(key, LedgerEntry(at)),
        ]
    )


def left(here: Installation, tenant_id: str = "acme") -> dict[str, set[str]]:
    """Return of how many days ago there still is something of each kind."""
    store = here.store(tenant_id)
    found = {
        "anomalies": {s.value.anomaly_id for s in store.anomalies.query(ANOMALIES)},
        "incidents": {s.value.incident_id for s in store.incidents.query(INCIDENTS)},
        "alerts": {s.value.alert_id for s in store.alerts.query(ALERTS)},
        "histories": {f"d{d}" for d in DAYS if store.history(f"d{d}").get("000001")},
        "analyses": {f"d{d}" for d in DAYS if store.analyses.get(f"d{d}")},
        "ledger": {f"d{d}" for d in DAYS if store.ledger.get(f"d{d}")},
    }
    return {name: ids - {f"v1-{tenant_id}"} for name, ids in found.items()}


def test_what_is_older_than_asked_for_is_deleted_unless_it_goes_on(here: Installation) -> None:
    answer = here.ask("POST", "/cleanup?retention_days=2")

    assert answer.json() == {
        "status": "success",
        # Three of two days ago with a history, and an anomaly and an analysis of five.
        "deleted": 7,
        "complete": True,
        "retention_days": 2,
        "message": "Deleted 7 documents older than 2 days",
    }
    recent = {"d0", "d1"}
    assert left(here) == {
        "anomalies": recent,
        "incidents": recent | {"d5"},
        "alerts": recent | {"d5"},
        "histories": recent | {"d5"},
        "analyses": recent,
        # What duplicates are told by has a life of its own.
        "ledger": {"d0", "d1", "d2", "d5"},
    }
    assert here.ask("POST", "/cleanup?retention_days=2").json()["deleted"] == 0


def test_d02_nothing_of_another_tenant_is_deleted(here: Installation) -> None:
    before = left(here, "globex")
    here.ask("POST", "/cleanup?retention_days=1&tenant_id=globex")

    assert left(here, "globex") == before
    assert left(here)["anomalies"] == {"d0"}


@pytest.mark.parametrize("query", ["", "?retention_days=7", "?retention_days=3650"])
def test_nothing_is_deleted_that_the_tenants_retention_keeps(
    here: Installation, query: str
) -> None:
    before = left(here)
    answer = here.ask("POST", f"/cleanup{query}").json()

    assert (answer["deleted"], answer["retention_days"]) == (0, 7)
    assert left(here) == before


@pytest.mark.parametrize("days", ["0", "-1", "3651", "x", "1.5"])
def test_d28_days_have_bounds(here: Installation, days: str) -> None:
    before = left(here)

    assert here.ask("POST", f"/cleanup?retention_days={days}").status_code == 400
    assert left(here) == before


def test_d28_one_call_deletes_so_many_and_says_that_there_are_more(here: Installation) -> None:
    store = here.store()
    old = NOW - timedelta(days=3)
    names = [f"many-{number}" for number in range(500)]
    here.database.commit(
        [store.anomalies.put(n, anomaly(anomaly_id=n, detected_at=old)) for n in names]
    )
    first = here.ask("POST", "/cleanup?retention_days=3").json()
    second = here.ask("POST", "/cleanup?retention_days=3").json()

    assert (first["complete"], second["complete"]) == (False, True)
    assert first["deleted"] + second["deleted"] == 500 + 2
    assert left(here)["anomalies"] == {"d0", "d1", "d2"}
