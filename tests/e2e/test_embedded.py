"""A whole Vigil in one process: what it opens, what it survives, and that it closes everything."""

import base64
import json
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.builders import raw_entry
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.errors import InvalidSettings
from vigil.local.embedded import Customers, Embedded
from vigil.local.free_port import listen_on
from vigil.local.runtime import SUBSCRIPTIONS
from vigil.local.shop import DEFAULT_PROJECT
from vigil.local.snapshot import SnapshotReader, outcomes_in
from vigil.model.outcome import Outcomes
from vigil.model.stream import StreamStatus
from vigil.ports import Message
from vigil.settings import Settings
from vigil.workflows.batch_logs import LOGS
from vigil.workflows.streams import listed

pytestmark = pytest.mark.slow
NOBODY = Customers(checkouts_per_second=0, inventory_per_second=0)
LOG_NAME = "projects/sample-shop/logs/stdout"


def embedded(folder: Path, **settings: object) -> Embedded:
    chosen = Settings.model_validate(
        {"data_dir": folder, "api_port": 0, "shop_port": 0, **settings}
    )
    return Embedded(chosen, write=lambda text: None, customers=NOBODY)


def recent_entry(name: str) -> bytes:
    now = datetime.now(UTC).isoformat()
    entry = raw_entry(logName=LOG_NAME, insertId=name, timestamp=now, receiveTimestamp=now)
    return json.dumps(entry).encode()


def push(vigil: Embedded, data: bytes) -> int:
    body = {"message": {"data": base64.b64encode(data).decode(), "messageId": "1"}}
    return httpx.post(vigil.push, json=body, trust_env=False).status_code


def outcomes(vigil: Embedded) -> Outcomes:
    return outcomes_in(vigil.documents, vigil.store)


def until(reached: Callable[[], bool]) -> None:
    """Return when `reached`, or fail after half a minute."""
    pause = threading.Event()
    assert any(reached() or pause.wait(0.05) for _ in range(600))


def test_what_the_shop_logs_and_what_is_pushed_is_all_accounted_for(tmp_path: Path) -> None:
    with embedded(tmp_path) as vigil:
        assert httpx.post(f"{vigil.shop.address}/checkout", trust_env=False).is_success
        pushed = [recent_entry("a"), recent_entry("b")]
        # The second is delivered twice, the fourth belongs to nobody, the fifth is no entry.
        foreign = json.dumps(raw_entry(logName="projects/other/logs/stdout")).encode()
        entries = [*pushed, pushed[1], foreign, b"no entry"]
        assert [push(vigil, entry) for entry in entries] == [204] * 5
        until(lambda: outcomes(vigil).received == 11)
        assert outcomes(vigil) == Outcomes(received=11, processed=8, duplicate=1, invalid=2)
        snapshot = SnapshotReader(vigil).read(datetime.now(UTC), "All is well.", None)
        assert snapshot.outcomes == outcomes(vigil)
        assert {line.text for line in snapshot.lines} >= {"order <*> placed"}


def test_a_stream_of_this_machine_is_kept_and_says_that_no_sink_is_made(tmp_path: Path) -> None:
    with (
        embedded(tmp_path) as vigil,
        httpx.Client(
            base_url=vigil.api, headers={"X-API-Key": vigil.key}, trust_env=False
        ) as client,
    ):
        asked = {"project_id": DEFAULT_PROJECT, "services": ["shop-payment"]}
        started = client.post("/start-log-streaming", json=asked).json()
        streams = client.get("/streams").json()
        metrics = client.get("/metrics").json()["metrics"]
    with embedded(tmp_path) as vigil:
        kept = [stream.stream_id for stream in listed(vigil.store, StreamStatus.ACTIVE)]

    assert started["message"] == (
        f"Log streaming started for project {DEFAULT_PROJECT}; its entries are those that are "
        "pushed to this machine, where no sink is needed"
    )
    assert [each["created_by"] for each in streams["streams"]] == ["vigil up", "vigil up"]
    assert [each["sink_name"] for each in streams["streams"]] == [None, None]
    assert (streams["active_streams"], metrics["active_streams"]) == (2, 2)
    assert kept == [each["stream_id"] for each in streams["streams"]]


def test_what_was_in_the_queue_is_worked_on_the_next_time(tmp_path: Path) -> None:
    with embedded(tmp_path):
        pass
    queue = SqliteQueue(tmp_path / "queue.db", SUBSCRIPTIONS, lambda: datetime.now(UTC))
    queue.publish(LOGS, [Message(recent_entry(f"e{n}")) for n in range(150)])
    queue.close()
    with embedded(tmp_path) as vigil:
        until(lambda: outcomes(vigil).processed == 150)


def test_ports_that_are_taken_are_replaced_and_given_back(tmp_path: Path) -> None:
    with listen_on(0) as taken:
        port = taken.getsockname()[1]
        with embedded(tmp_path, api_port=port, shop_port=port) as vigil:
            api, shop = urlsplit(vigil.api), urlsplit(vigil.shop.address)
            assert len({api.port, shop.port, port}) == 3
            health = httpx.get(f"{vigil.api}/health", trust_env=False)
            assert health.json()["status"] == "healthy"
    for address in (api, shop):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address.hostname, address.port))


def test_whoever_does_not_finish_a_request_does_not_keep_it_from_ending(tmp_path: Path) -> None:
    with embedded(tmp_path) as vigil:
        where = urlsplit(vigil.push)
        client = socket.create_connection((where.hostname or "", where.port or 0))
        client.sendall(
            f"POST {where.path} HTTP/1.1\r\nHost: vigil\r\nExpect: 100-continue\r\n"
            "Content-Length: 1000\r\n\r\n".encode()
        )
        # It has asked for the rest, so the request has begun.
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
    client.close()


def test_a_host_that_is_not_this_machine_is_a_setting_to_correct(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="VIGIL_HOST"), embedded(tmp_path, host="192.0.2.1"):
        pass
    # Whatever had been opened is closed: the folder is free.
    with embedded(tmp_path):
        pass
