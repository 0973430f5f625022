"""Anomalies that follow from each other, and what has come of them."""

from datetime import timedelta

from tests.builders import NOON, anomaly
from tests.vigil_in_memory import VigilInMemory
from vigil.model.alert import Alert
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident
from vigil.model.series import Series
from vigil.stores.queries import ALERTS, INCIDENTS

CHECKOUT, CART = Series("shop", "POST /checkout"), Series("cart", "GET /cart")


def strayed(name: str, minute: int = 0, **changes: object) -> Anomaly:
    """Return an anomaly of the window that begins `minute` minutes after noon."""
    start = NOON + timedelta(minutes=minute)
    window = {
        "anomaly_id": f"v1-{name}",
        "window_started_at": start,
        "started_at": start + timedelta(seconds=3),
        "detected_at": start + timedelta(seconds=60),
    }
    return anomaly(**(window | changes))


def cascade(minute: int = 0, name: str = "a", **changes: object) -> tuple[Anomaly, ...]:
    """Return a failing payment and the checkout and cart that fail because of it."""
    called = {"trace_ids": ("t1",), **changes}
    return (
        strayed(f"{name}-pay", minute, callers=(CHECKOUT,), **called),
        strayed(f"{name}-checkout", minute, endpoint="POST /checkout", callers=(CART,), **called),
        strayed(f"{name}-cart", minute, service="cart", endpoint="GET /cart", **called),
    )


def incidents(vigil: VigilInMemory) -> list[Incident]:
    """Return all incidents, the first to be detected first."""
    return [stored.value for stored in vigil.store.incidents.query(INCIDENTS)][::-1]


def alerts(vigil: VigilInMemory) -> list[Alert]:
    """Return all alerts, the first to be created first."""
    return [stored.value for stored in vigil.store.alerts.query(ALERTS)][::-1]


def resolve_alert(vigil: VigilInMemory) -> None:
    """Let a person resolve the one alert."""
    [alert] = alerts(vigil)
    vigil.workflows.alert_actions.resolve(vigil.store, alert.alert_id, by="ada", note=None)


def later(vigil: VigilInMemory, *anomalies: Anomaly) -> None:
    """Let anomalies be detected, correlated and told."""
    vigil.strike(*anomalies)
    vigil.workflows.manage_alerts.deliver()
