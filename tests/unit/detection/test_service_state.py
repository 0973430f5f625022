import zlib
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from tests.builders import NOON, log_entry
from vigil.detection.baseline import Baseline
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


def taken_apart(stored: bytes) -> tuple[bytes, bytes, bytes]:
    """Return what has been learned, the header, and the windows."""
    learned, header = (int.from_bytes(stored[at : at + 4], "big") for at in (0, 4))
    return stored[8 : 8 + learned], stored[8 + learned :][:header], stored[8 + learned + header :]


def put_together(learned: bytes, header: bytes, windows: bytes) -> bytes:
    lengths = [len(part).to_bytes(4, "big") for part in (learned, header)]
    return b"".join([*lengths, learned, header, windows])


def with_header(header: bytes) -> bytes:
    learned, _, windows = taken_apart(busy_state().to_bytes())
    return put_together(learned, header, windows)


def changed(**fields: object) -> bytes:
    header = orjson.loads(taken_apart(busy_state().to_bytes())[1])
    return with_header(orjson.dumps(header | fields))


def with_learning(learned: bytes) -> bytes:
    return put_together(learned, *taken_apart(busy_state().to_bytes())[1:])


def with_windows(windows: bytes) -> bytes:
    latest = max(busy_state().windows)
    header = changed(windows=[[latest, len(windows)]])
    return put_together(*taken_apart(header)[:2], windows)


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(b"nonsense", id="not compressed"),
        pytest.param(busy_state().to_bytes()[:-9], id="cut"),
        pytest.param(zlib.compress(b"{"), id="not JSON, of the first version"),
        pytest.param(zlib.compress(b"{}"), id="nothing in it, of the first version"),
        pytest.param(b"\0\0", id="too short for a length"),
        pytest.param(with_header(b"{"), id="not JSON"),
        pytest.param(with_header(b"[]"), id="not an object"),
        pytest.param(with_header(b"{}"), id="nothing in it"),
        pytest.param(changed(windows=[["x"]]), id="windows without a length"),
        pytest.param(changed(told=[1]), id="another shape"),
        pytest.param(changed(watermark="noon"), id="no instant"),
        pytest.param(changed(watermark=10**18), id="an instant out of range"),
        pytest.param(changed(version=VERSION + 1), id="a newer version"),
    ],
)
def test_a_damaged_or_newer_state_cannot_be_helped_by_retrying(stored: bytes) -> None:
    with pytest.raises(PermanentError):
        ServiceState.from_bytes("shop", stored)


@pytest.mark.parametrize(
    "windows",
    [
        pytest.param(b"nonsense", id="not compressed"),
        pytest.param(b"{", id="not JSON"),
        pytest.param(zlib.compress(b"[1]"), id="another shape"),
        pytest.param(b'{"POST /payment": [1, 2]}', id="too short a record"),
    ],
)
def test_damage_in_windows_shows_when_they_are_looked_at(windows: bytes) -> None:
    state = ServiceState.from_bytes("shop", with_windows(windows))
    assert state.baselines == busy_state().baselines
    assert taken_apart(state.to_bytes())[2] == windows
    with pytest.raises(PermanentError, match="windows of a service are damaged"):
        list(*state.windows.values())


@pytest.mark.parametrize(
    "learned",
    [
        pytest.param(b"nonsense", id="not compressed"),
        pytest.param(zlib.compress(b"[1]"), id="another shape"),
        pytest.param(zlib.compress(b'[{"": {"callers": [], "no": 1}}, 0]'), id="unknown field"),
    ],
)
def test_damage_in_what_was_learned_shows_when_it_is_looked_at(learned: bytes) -> None:
    state = ServiceState.from_bytes("shop", with_learning(learned))
    assert state.windows == busy_state().windows
    assert taken_apart(state.to_bytes())[0] == learned
    with pytest.raises(PermanentError, match="learned is damaged"):
        _ = state.baselines


def test_c12_a_state_of_the_first_version_keeps_what_it_has_learned() -> None:
    baseline = {
        "last_seen": 60,
        "latency_us": 180000.0,
        "samples": 50,
        "requests": 7.0,
        "presence": 1.0,
        "windows": 10,
        "strayed": 0,
        "callers": [{"service": "web", "endpoint": "GET /"}],
    }
    first = {
        "version": 1,
        "watermark": 120_000_000,
        "windows": {"60": {"GET /": {"entries": 1}}},
        "baselines": {"POST /payment": baseline},
        "heard": [0, 60],
        "shard": [0, 1],
    }
    state = ServiceState.from_bytes("shop", zlib.compress(orjson.dumps(first)))
    known = Baseline(60, 180000.0, 50, 7.0, windows=10, callers=(Series("web", "GET /"),))
    assert (state.windows, dict(state.baselines)) == ({}, {"POST /payment": known})
    assert (state.watermark, state.heard) == (datetime(1970, 1, 1, 0, 2, tzinfo=UTC), (0, 60))
