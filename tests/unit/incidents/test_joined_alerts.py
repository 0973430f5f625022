"""Which received alerts belong to what strayed: each to one thing, and none is hidden."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from tests.builders import NOON, anomaly
from tests.correlated_tenant import strayed
from vigil.incidents.disjoint_sets import DisjointSets
from vigil.incidents.joining.alerts import MOST_JOINED, JoinedAlerts
from vigil.incidents.joining.known_calls import KnownCalls
from vigil.incidents.joining.nodes import node
from vigil.incidents.joining.strayed import by_series
from vigil.model.anomaly import Anomaly, AnomalyType, Evidence
from vigil.model.received_alert import UNKNOWN_SERVICE
from vigil.model.series import Series
from vigil.model.severity import Severity

WEB, SHOP, BANK = Series("web", "GET /"), Series("shop", "POST /pay"), Series("bank", "POST /debit")
SHARES = {(WEB, SHOP): 0.9, (SHOP, BANK): 0.9}


def alert(
    service: str, name: str = "Slow", severity: Severity = Severity.HIGH, **changes: object
) -> Anomaly:
    """Return the anomaly of a received alert, which says that `name` is so."""
    seen = Evidence(name, f"{name}: {changes.pop('text', '')}", 1, NOON, NOON)
    return anomaly(
        anomaly_id=f"{service}-{name}",
        anomaly_type=AnomalyType.RECEIVED_ALERT,
        severity=severity,
        service=service,
        endpoint="",
        metrics={"alerts": 1.0},
        evidence=(seen,),
        **changes,
    )


class Scene:
    """What strayed and what was received, joined; calls are known between three services."""

    def __init__(
        self,
        own: Sequence[Anomaly],
        alerts: Sequence[Anomaly],
        *,
        symptoms: Sequence[Series] = (),
        homes: Mapping[Series, str] | None = None,
    ) -> None:
        self.sets = DisjointSets()
        calls = KnownCalls(SHARES).seen_by([*own, *alerts])
        self.joined = JoinedAlerts(self.sets, by_series(own), calls, symptoms=symptoms, homes=homes)
        self.joined.join_all(alerts)

    def are_joined(self, one: Anomaly | Series, other: Anomaly | Series) -> bool:
        return self.sets.find(node(one)) == self.sets.find(node(other))


@pytest.mark.parametrize(
    ("service", "of_alert", "of_series"),
    [
        pytest.param(
            "shop",
            "is of the same service shop as POST /pay, which strayed",
            "is of the service shop, of which the alert Slow tells",
            id="the same service",
        ),
        pytest.param(
            "web",
            "is of web, which calls POST /pay",
            "is called by web, of which the alert Slow tells",
            id="a caller",
        ),
        pytest.param(
            "bank",
            "is of bank, which POST /pay calls",
            "calls bank, of which the alert Slow tells",
            id="a callee",
        ),
    ],
)
def test_an_alert_belongs_to_what_strayed_near_it(
    service: str, of_alert: str, of_series: str
) -> None:
    own, received = strayed("own", 60, SHOP), alert(service)
    scene = Scene([own], [received])

    assert scene.are_joined(own, received)
    assert scene.joined.reason(received) == of_alert
    assert scene.joined.reason(own) == of_series


@pytest.mark.parametrize(
    ("own", "received"),
    [
        pytest.param(strayed("own", 60, SHOP), alert("mail"), id="no call"),
        pytest.param(
            strayed("own", 60, Series(UNKNOWN_SERVICE)), alert(UNKNOWN_SERVICE), id="nobody's"
        ),
        pytest.param(
            strayed("own", 60, SHOP, anomaly_type=AnomalyType.SECURITY_INCIDENT),
            alert("shop"),
            id="an attack",
        ),
        pytest.param(
            strayed("own", 60, SHOP),
            alert("bank", severity=Severity.MEDIUM),
            id="a callee's that is no reason to wake anybody",
        ),
    ],
)
def test_an_alert_stays_apart_from_what_it_has_nothing_to_do_with(
    own: Anomaly, received: Anomaly
) -> None:
    scene = Scene([own], [received])

    assert not scene.are_joined(own, received)
    assert scene.joined.reason(received) is scene.joined.reason(own) is None


def test_a_callees_alert_joins_no_caller_that_has_another_cause() -> None:
    own, received = strayed("own", 60, SHOP), alert("bank")

    assert not Scene([own], [received], symptoms=[SHOP]).are_joined(own, received)


def test_an_alert_joins_one_of_two_troubles_and_never_makes_them_one() -> None:
    cart, pay = Series("shop", "GET /cart"), SHOP
    late, near = strayed("late", 900, cart), strayed("near", 60, pay)
    received = alert("shop", started_at=near.started_at)
    scene = Scene([late, near], [received])

    assert scene.are_joined(near, received)
    assert not scene.are_joined(late, near)


def test_an_alert_stays_with_the_trouble_that_it_has_joined() -> None:
    cart = Series("shop", "GET /cart")
    late, near = strayed("late", 900, cart), strayed("near", 60, SHOP)
    received = alert("shop", started_at=near.started_at, incident_id="INC-1")

    assert Scene([late, near], [received], homes={cart: "INC-1"}).are_joined(late, received)


def test_an_alert_belongs_to_an_exhausted_resource_that_it_names() -> None:
    line = "connection pool orders-db is exhausted, host=orders-db-1"
    seen = (Evidence("<*>", line, 1, NOON, NOON),)
    own = strayed("own", 60, SHOP, anomaly_type=AnomalyType.RESOURCE_EXHAUSTION, evidence=seen)
    received = alert("stock", text="queries fail, host=orders-db-1")
    scene = Scene([own], [received])

    assert scene.are_joined(own, received)
    assert scene.joined.reason(received) == "names the resource orders-db-1, as POST /pay does"


def test_alerts_of_services_that_call_each_other_are_one_trouble() -> None:
    web, shop, mail = alert("web", "Slow"), alert("shop", "Errors"), alert("mail", "Full")
    scene = Scene([], [web, shop, mail])

    assert scene.are_joined(web, shop)
    assert not scene.are_joined(web, mail)
    assert scene.joined.reason(web) == (
        "is of web, which calls shop, of which the alert Errors tells"
    )
    assert scene.joined.reason(shop) == (
        "is of shop, which is called by web, of which the alert Slow tells"
    )


def test_d30_a_critical_alert_is_hidden_by_no_others() -> None:
    down = alert("shop", "Down", Severity.CRITICAL)
    flood = [alert(name, f"Noise{n}", Severity.CRITICAL) for n in range(9) for name in ("web",)]
    beside = [alert("shop", f"Noise{n}") for n in range(9)]
    scene = Scene([], [*flood, *beside, down])

    assert not any(scene.are_joined(down, each) for each in (*flood, *beside))


def test_d30_of_a_flood_the_gravest_are_joined() -> None:
    own = strayed("own", 60, SHOP)
    flood = [alert("shop", f"Noise{n}", Severity.LOW) for n in range(2 * MOST_JOINED)]
    down = alert("shop", "Down", Severity.CRITICAL, started_at=NOON + timedelta(hours=1))
    scene = Scene([own], [*flood, down])

    joined = [each for each in flood if scene.are_joined(own, each)]
    assert scene.are_joined(own, down)
    assert len(joined) == MOST_JOINED - 1
