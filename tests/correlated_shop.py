"""Anomalies of a shop that calls, and the incidents that they become."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from tests.builders import NOON, anomaly
from vigil.incidents.correlation import correlate
from vigil.incidents.joining.known_calls import KnownCalls
from vigil.incidents.relation import Surroundings
from vigil.model.anomaly import Anomaly
from vigil.model.change import Change
from vigil.model.incident import Incident
from vigil.model.series import Series
from vigil.model.tenant import Thresholds

WEB, CHECKOUT = Series("web", "GET /"), Series("checkout", "POST /checkout")
CART, PAYMENT = Series("cart", "GET /cart"), Series("payment", "POST /payment")
MAIL, ATTACKED = Series("mail", "POST /mail"), Series("cart", "POST /in")
GRAPH = {(WEB, CHECKOUT): 0.5, (CHECKOUT, CART): 0.98, (CHECKOUT, PAYMENT): 0.9, (WEB, MAIL): 0.2}
DROPPED = {"requests": 2.0, "usual_requests": 50.0, "windows": 1.0}
SILENT = {"missed_windows": 3.0, "usual_requests": 50.0}


def strayed(series: Series, minute: float = 1, **changes: object) -> Anomaly:
    at = NOON + timedelta(minutes=minute)
    default = {
        "anomaly_id": f"{series.service}-{minute}",
        "service": series.service,
        "endpoint": series.endpoint,
        "window_started_at": at - timedelta(seconds=60),
        "started_at": at - timedelta(seconds=50),
        "detected_at": at,
    }
    return anomaly(**(default | changes))


def traces(*numbers: int) -> tuple[str, ...]:
    return tuple(f"{number:032x}" for number in numbers)


def told(
    anomalies: Sequence[Anomaly],
    shares: dict[tuple[Series, Series], float] | None = None,
    changes: Sequence[Change] = (),
) -> list[Incident]:
    """Return the incidents that the anomalies make, instant by instant, as the workflow does."""
    incidents: dict[str, Incident] = {}
    members: dict[str, Sequence[Anomaly]] = {}
    graph = KnownCalls(GRAPH if shares is None else shares)
    for at in sorted({each.detected_at for each in anomalies}):
        found = correlate(
            [each for each in anomalies if each.detected_at == at],
            [each for each in incidents.values() if each.merged_into is None],
            members,
            settled_until=at,
            thresholds=Thresholds(),
            surroundings=Surroundings(graph, changes),
        )
        incidents |= {each.incident_id: each for each in found.incidents}
        members = {each: members.get(each, ()) for each in incidents} | dict(found.members)
    return [each for each in incidents.values() if each.merged_into is None]


def groups(incidents: Iterable[Incident]) -> set[frozenset[str]]:
    return {frozenset(each.anomaly_ids) for each in incidents}
