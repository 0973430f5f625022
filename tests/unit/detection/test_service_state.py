import zlib
from datetime import timedelta

import orjson
import pytest

from tests.builders import NOON, log_entry
from vigil.detection.detect import advance, observe
from vigil.detection.service_state import VERSION, ServiceState
from vigil.errors import PermanentError
from vigil.model.log_severity import LogSeverity
from vigil.model.series import Series
from vigil.model.tenant import Thresholds


def busy_state() -> ServiceState:
    """Return a state with baselines, open windows, templates, traces and callers."""
    entries = [
        log_entry(
            digest=f"{number:016x}",
            occurred_at=NOON + timedelta(seconds=number),
            received_at=NOON + timedelta(seconds=number),
            failed=number % 3 == 0,
            severity=LogSeverity.ERROR if number % 3 == 0 else LogSeverity.INFO,
            message=f"disk full on node {number}",
            trace_id=f"trace-{number}",
        )
        for number in range(200)
    ]
    callers = frozenset({Series("web", "GET /"), Series("app")})
    calls = {Series("shop", "POST /payment"): callers}
    seen = observe(ServiceState("shop"), entries, thresholds=Thresholds(), calls=calls).state
    over = NOON + timedelta(seconds=120)
    return advance(seen, over, tenant_id="acme", thresholds=Thresholds(), heard=frozenset()).state


def test_a_state_comes_back_as_it_was() -> None:
    state = busy_state()
    assert state.windows
    assert state.baselines
    again = ServiceState.from_bytes("shop", state.to_bytes())
    assert again == state
    assert again.to_bytes() == state.to_bytes()


@pytest.mark.parametrize("stored", [None, b""])
def test_from_nothing_comes_an_empty_state(stored: bytes | None) -> None:
    assert ServiceState.from_bytes("shop", stored) == ServiceState("shop")


def changed(**fields: object) -> bytes:
    plain = orjson.loads(zlib.decompress(busy_state().to_bytes()))
    return zlib.compress(orjson.dumps(plain | fields))


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(b"nonsense", id="not compressed"),
        pytest.param(busy_state().to_bytes()[:-9], id="cut"),
        pytest.param(zlib.compress(b"{"), id="not JSON"),
        pytest.param(zlib.compress(b"[]"), id="not an object"),
        pytest.param(zlib.compress(b"{}"), id="nothing in it"),
        pytest.param(changed(windows={"x": {}}), id="a start that is no number"),
        pytest.param(changed(windows={"0": {"": {"unknown": 1}}}), id="an unknown field"),
        pytest.param(changed(baselines=[1]), id="another shape"),
        pytest.param(changed(watermark="noon"), id="no instant"),
        pytest.param(changed(watermark=10**18), id="an instant out of range"),
        pytest.param(changed(version=VERSION + 1), id="a newer version"),
    ],
)
def test_a_damaged_or_newer_state_cannot_be_helped_by_retrying(stored: bytes) -> None:
    with pytest.raises(PermanentError):
        ServiceState.from_bytes("shop", stored)
