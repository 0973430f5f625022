"""The API behind a real server, on a real connection."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
import uvicorn

from tests.api_installation import Installation
from vigil.model.api_key import Role

PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Served:
    """An installation whose API is served on `port` of this machine."""

    here: Installation
    port: int

    def client(self, role: Role = Role.RESPONDER, tenant_id: str = "acme") -> httpx.Client:
        key = self.here.key(role, tenant_id)
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {key}"},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )

    def answer_to(self, octets: bytes) -> bytes:
        """Return what comes back on a connection of its own until the server closes it."""
        address = ("127.0.0.1", self.port)
        with socket.create_connection(address, timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(octets)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@contextmanager
def serving() -> Iterator[Served]:
    with Installation() as here, socket.create_server(("127.0.0.1", 0)) as listening:
        # It listens already, so whoever comes before the server runs waits instead of failing.
        server = uvicorn.Server(
            uvicorn.Config(here.api, lifespan="off", log_config=None, access_log=False, ws="none")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield Served(here, listening.getsockname()[1])
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def only_read() -> Iterator[Served]:
    """A server whose installation no test changes."""
    with serving() as served:
        yield served


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def test_an_alert_is_found_acknowledged_and_resolved(served: Served) -> None:
    with served.client() as client:
        listed = client.get("/alerts").json()
        path = f"/alerts/{listed['alerts'][0]['alert_id']}"
        person = {b"X-User-ID": "José".encode(), b"X-Tenant-ID": b"acme"}
        acknowledged = client.post(f"{path}/acknowledge", headers=person).json()
        note = {"resolution_note": "Fixed database connection issue"}
        resolved = client.post(f"{path}/resolve", params=note).json()
        story = client.get(path).json()
        left = client.get("/alerts").json()
    assert listed["active_alerts"] == 1
    assert acknowledged["alert"]["acknowledged_by"] == "ci:José"
    assert resolved["alert"]["resolution_note"] == note["resolution_note"]
    assert [step["status"] for step in story["history"]] == ["acknowledged", "resolved"]
    assert story["incident"]["status"] == "resolved"
    assert left == {"status": "success", "active_alerts": 0, "alerts": []}


def test_many_who_acknowledge_at_once_are_one_step_in_the_history(served: Served) -> None:
    with served.client() as client, ThreadPoolExecutor(8) as people:
        names = [f"person-{n}" for n in range(8)]
        answers = list(
            people.map(
                lambda name: client.post(
                    "/alerts/v1-acme/acknowledge", headers={"X-User-ID": name}
                ),
                names,
            )
        )
        history = client.get("/alerts/v1-acme").json()["history"]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["alert"]["acknowledged_by"] for answer in answers} == {history[0]["by"]}
    assert len(history) == 1


def test_d01_the_other_tenants_alert_is_not_there(only_read: Served) -> None:
    with only_read.client(tenant_id="globex") as client:
        foreign = client.post("/alerts/v1-acme/resolve")
        unknown = client.post("/alerts/v1-nothing/resolve")
        own = client.get("/alerts").json()
    assert (foreign.status_code, foreign.content) == (404, unknown.content)
    assert [each["alert_id"] for each in own["alerts"]] == ["v1-globex"]


def test_health_and_the_document_need_no_key(only_read: Served) -> None:
    address = f"http://127.0.0.1:{only_read.port}"
    health = httpx.get(f"{address}/health", trust_env=False)
    document = httpx.get(f"{address}/openapi.json", trust_env=False)
    assert health.json()["status"] == "healthy"
    assert "/alerts/{alert_id}/acknowledge" in document.json()["paths"]
    assert document.headers["x-content-type-options"] == "nosniff"


def test_d27_a_large_body_is_refused_before_it_comes(only_read: Served) -> None:
    answer = only_read.answer_to(
        b"POST /alerts/v1-acme/acknowledge HTTP/1.1\r\nHost: vigil\r\nConnection: close\r\n"
        b"Content-Length: 10000000\r\n\r\n"
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 413 " in head.splitlines()[0]
    assert b'"code":"body_too_large"' in body


def test_d27_a_body_that_does_not_end_is_refused_when_it_passes_the_limit(
    only_read: Served,
) -> None:
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    answer = only_read.answer_to(
        b"POST /alerts/v1-acme/acknowledge HTTP/1.1\r\nHost: vigil\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 3
    )
    assert b" 413 " in answer.splitlines()[0]


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(b"/alerts/%ff%fe", id="no text"),
        pytest.param(b"/alerts/../../tenants/globex", id="D04 parent"),
        pytest.param(b"//alerts", id="two slashes"),
        pytest.param(b"/alerts?limit=%00", id="zero byte"),
    ],
)
def test_d36_odd_addresses_get_the_one_shape_of_error(only_read: Served, target: bytes) -> None:
    key = only_read.here.key().encode()
    answer = only_read.answer_to(
        b"GET " + target + b" HTTP/1.1\r\nHost: vigil\r\nConnection: close\r\n"
        b"X-API-Key: " + key + b"\r\n\r\n"
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.splitlines()[0].split()[1] in (b"400", b"404")
    assert body.startswith(b'{"status":"error","error":{"code":"')
