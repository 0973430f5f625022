"""What the demo's scenarios ought to give, what they gave, and the difference."""

from collections.abc import Sequence
from dataclasses import dataclass

from vigil.adapters.plain_text import plain
from vigil.local.shop_faults import Scenario
from vigil.model.anomaly import AnomalyType
from vigil.model.incident import IncidentStatus
from vigil.model.notification import NotificationStatus, Transition
from vigil.stores.queries import ALERTS, INCIDENTS, NOTIFICATIONS
from vigil.stores.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class Expected:
    """What one scenario ought to give: one incident, one alert, one page; `affected` among others.

    `happening` says what is done to the shop.
    """

    scenario: Scenario
    happening: str
    root_cause: str
    anomaly_type: AnomalyType
    affected: frozenset[str]

    @property
    def words(self) -> str:
        """The expectation in words, on two lines."""
        return f"{self.anomaly_type.value} in {self.root_cause}\n1 incident, 1 alert, 1 page"


EXPECTED = (
    Expected(
        Scenario.LATENCY_SPIKE,
        "1 of 3: payments become slow, and checkouts with them",
        "POST /payment",
        AnomalyType.LATENCY_INCREASE,
        frozenset({"POST /payment"}),
    ),
    Expected(
        Scenario.ERROR_STORM,
        "2 of 3: four of five requests to the inventory fail",
        "GET /inventory",
        AnomalyType.ERROR_SPIKE,
        frozenset({"GET /inventory"}),
    ),
    Expected(
        Scenario.CASCADE,
        "3 of 3: every payment fails, and every checkout with it",
        "POST /payment",
        AnomalyType.ERROR_SPIKE,
        frozenset({"POST /payment", "POST /checkout"}),
    ),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one scenario gave; `seconds` from the break to the first page, `told` what it said.

    `root_cause` is the endpoint that the first incident blames and `anomaly_type` what it did; both
    are "" without an incident.
    """

    root_cause: str
    anomaly_type: str
    affected: frozenset[str]
    incidents: int
    alerts: int
    pages: int
    told: tuple[str, ...]
    seconds: float

    @property
    def words(self) -> str:
        """What was found, in the same words."""
        if not self.incidents:
            return "nothing"
        counts = (
            _counted(self.incidents, "incident"),
            _counted(self.alerts, "alert"),
            _counted(self.pages, "page"),
        )
        return f"{plain(f'{self.anomaly_type} in {self.root_cause}')}\n{', '.join(counts)}"


def found_in(store: TenantStore, told: Sequence[str], seconds: float) -> Found:
    """Return what a Vigil has found, from what it has stored and told."""
    incidents = [stored.value for stored in store.incidents.query(INCIDENTS)]
    standing = [each for each in incidents if each.status is not IncidentStatus.MERGED]
    first = standing[-1] if standing else None
    root = store.anomalies.get(first.root_cause.anomaly_id) if first else None
    return Found(
        root_cause=first.root_cause.endpoint if first else "",
        anomaly_type=root.value.anomaly_type.value if root else "",
        affected=frozenset(series.endpoint for series in first.affected) if first else frozenset(),
        incidents=len(standing),
        alerts=len(store.alerts.query(ALERTS)),
        pages=pages_in(store),
        told=tuple(told),
        seconds=seconds,
    )


def pages_in(store: TenantStore) -> int:
    """Return how often somebody was told that an alert opened."""
    return sum(
        stored.value.status is NotificationStatus.SENT
        and stored.value.transition is Transition.OPENED
        for stored in store.notifications.query(NOTIFICATIONS)
    )


def complaints(expected: Expected, found: Found) -> list[str]:
    """Return what is not as expected, in words; nothing if all is."""
    missing = ", ".join(sorted(expected.affected - found.affected))
    checks = {
        f"blamed {found.root_cause or 'nothing'}": found.root_cause == expected.root_cause,
        f"it did {found.anomaly_type or 'nothing'}": found.anomaly_type == expected.anomaly_type,
        f"not affected: {missing}": not missing,
        _counted(found.incidents, "incident"): found.incidents == 1,
        _counted(found.alerts, "alert"): found.alerts == 1,
        _counted(found.pages, "page"): found.pages == 1,
        f"the terminal was told {len(found.told)} times": len(found.told) == 1,
    }
    return [plain(words) for words, holds in checks.items() if not holds]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
