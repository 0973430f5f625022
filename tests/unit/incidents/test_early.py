"""Which findings of windows that are not over can be correlated at once."""

from datetime import timedelta

import pytest

from tests.builders import NOON, anomaly
from vigil.incidents.joining.early import sure_early
from vigil.incidents.joining.known_calls import KnownCalls
from vigil.model.anomaly import Anomaly
from vigil.model.series import Series

WEB, CART, DEPOT = Series("web", "GET /"), Series("cart", "GET /cart"), Series("depot", "GET /x")
CALLS = KnownCalls({(WEB, CART): 0.9, (CART, DEPOT): 0.8})


def found(series: Series, second: float = 20) -> Anomaly:
    return anomaly(
        anomaly_id=series.service,
        service=series.service,
        endpoint=series.endpoint,
        window_started_at=NOON,
        detected_at=NOON + timedelta(seconds=second),
    )


@pytest.mark.parametrize(
    ("waiting", "sure"),
    [
        pytest.param([found(DEPOT)], ["depot"], id="what calls nothing"),
        pytest.param([found(CART)], [], id="a caller: its callee may be the cause"),
        pytest.param([found(CART), found(DEPOT)], ["cart", "depot"], id="both of them"),
        pytest.param([found(WEB), found(DEPOT)], ["web", "depot"], id="through what lies between"),
        pytest.param([found(WEB), found(CART)], [], id="callers alone"),
        pytest.param([found(Series("mail"))], [], id="of which it is not known what it calls"),
        pytest.param([found(DEPOT, 60)], [], id="found when its window was over"),
        pytest.param([found(CART), found(DEPOT, 60)], [], id="a caller early, its callee not"),
    ],
)
def test_what_needs_not_wait(waiting: list[Anomaly], sure: list[str]) -> None:
    assert [each.anomaly_id for each in sure_early(waiting, CALLS, 60)] == sure
