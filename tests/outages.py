"""An outage from its first failed payment until all is quiet again, and what came of it."""

from contextlib import suppress

from tests.vigil_in_memory import VigilInMemory, payments
from vigil.errors import TransientError
from vigil.stores.queries import ALERT_HISTORY, ALERTS, ANOMALIES, DUE_EVENTS, INCIDENTS

FAILING = 40


def live_through_an_outage(vigil: VigilInMemory, *, ticks_after: int = 2) -> None:
    """Take in failing payments, and go on until all is quiet, whatever is interrupted meanwhile."""
    vigil.receive(payments(FAILING, status=500))
    for seconds in (0, 200, 61, 61, 1500, *[61] * ticks_after):
        with suppress(TransientError):
            vigil.settle(seconds)


def picture(vigil: VigilInMemory) -> dict[str, object]:
    """Return all that has come of it, but for when exactly a message went out."""
    store = vigil.store
    alerts = [stored.value for stored in store.alerts.query(ALERTS)]
    return {
        "counters": vigil.counters(),
        "anomalies": [stored.value for stored in store.anomalies.query(ANOMALIES)],
        "incidents": [
            (i.value.incident_id, i.value.status, i.value.alert_id, i.value.explanation is not None)
            for i in store.incidents.query(INCIDENTS)
        ],
        "alerts": [(alert.alert_id, alert.status, alert.severity) for alert in alerts],
        "history": [
            [s.value.status for s in store.history(alert.alert_id).query(ALERT_HISTORY)]
            for alert in alerts
        ],
        "told": {(message.key, message.transition) for _, message in vigil.notifier.sent},
        "events": {message.attributes["ce-id"] for _, message in vigil.bus.published[1:]},
        "left": vigil.database.query(DUE_EVENTS, bound=vigil.clock()),
    }
