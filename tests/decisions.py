"""What Vigil decides: to be the same whatever an analyst says (FAULTS G7)."""

from dataclasses import replace

from tests.vigil_in_memory import VigilInMemory, payments
from vigil.model.incident import Incident
from vigil.stores.queries import ALERT_HISTORY, ALERTS, ANOMALIES, INCIDENTS
from vigil.stores.usage import CALLS, TOKENS


def without_samples(incident: Incident) -> Incident:
    """Return an incident without what rests on the traces that could be joined.

    They are a sample, and another one where batches come in another order.
    """
    explained = incident.explanation and replace(incident.explanation, confidence=0.0)
    return replace(incident, suspects=(), explanation=explained)


def live(vigil: VigilInMemory) -> None:
    """Let payments fail, be told, and be over."""
    vigil.receive(payments(40, status=500))
    for seconds in (200, 61, 1500, 61):
        vigil.settle(seconds)


def decisions(vigil: VigilInMemory) -> dict[str, object]:
    """Return all that was decided and told, without what an analyst may add to it."""
    store = vigil.store
    alerts = [stored.value for stored in store.alerts.query(ALERTS)]
    return {
        "incidents": [replace(s.value, explanation=None) for s in store.incidents.query(INCIDENTS)],
        "anomalies": [replace(s.value, analysis=None) for s in store.anomalies.query(ANOMALIES)],
        "alerts": [
            replace(alert, revision=0, anomaly=replace(alert.anomaly, analysis=None))
            for alert in alerts
        ],
        "history": [
            [(s.value.status, s.value.by) for s in store.history(a.alert_id).query(ALERT_HISTORY)]
            for a in alerts
        ],
        "told": [(channel, replace(m, steps=())) for channel, m in vigil.notifier.sent],
        "counters": {k: n for k, n in vigil.counters().items() if k not in (CALLS, TOKENS)},
    }
