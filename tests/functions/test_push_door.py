"""The push door of batch_logs over real HTTP: answered when the batch is safe, and not before."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from tests.contract.set_clock import NOON, SetClock
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.errors import TransientError
from vigil.local.doors import PUSH_PATH, build_doors
from vigil.local.free_port import listen_on
from vigil.local.replay import WholeFile
from vigil.local.serving import Server
from vigil.logs.log_batch import LogBatch
from vigil.model.tenant import Tenant
from vigil.ports import Message
from vigil.stores.queries import DECLARED
from vigil.stores.usage import PLATFORM, outcomes_of, totals
from vigil.workflows.batch_logs import BatchLogs, Limits
from vigil.workflows.group_commit import GroupCommit
from vigil.workflows.intake import Intake


@dataclass
class Topic:
    """A Publisher that keeps batches, and fails as often as it is told to."""

    failures: int = 0
    batches: list[LogBatch] = field(default_factory=list)

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        if self.failures:
            self.failures -= 1
            raise TransientError("the topic cannot be reached")
        self.batches += [LogBatch.parse(message.data) for message in messages]


class Door:
    """The door on a port of its own."""

    def __init__(self) -> None:
        self.topic, clock = Topic(), SetClock()
        self.documents = SqliteDocuments(":memory:", DECLARED)
        registry = WholeFile(Tenant("acme", "Acme", NOON))
        batch_logs = BatchLogs(
            intake=Intake(registry, clock, lambda entry: False),
            documents=self.documents,
            publisher=self.topic,
            clock=clock,
            limits=Limits(linger=timedelta(milliseconds=20)),
        )
        listener = listen_on(0)
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}{PUSH_PATH}"
        self.server = Server(build_doors(Starlette(), GroupCommit(batch_logs)), listener)

    def push_all(self, bodies: Sequence[bytes]) -> list[int]:
        """Return the answers to pushes that are all under way at once."""

        async def push() -> list[int]:
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(limits=limits, trust_env=False, timeout=30) as client:
                answers = await asyncio.gather(
                    *(client.post(self.address, content=body) for body in bodies)
                )
            return [answer.status_code for answer in answers]

        return asyncio.run(push())


@pytest.fixture
def door() -> Iterator[Door]:
    here = Door()
    here.server.start()
    yield here
    here.server.stop()
    here.documents.close()


def entry(number: int) -> bytes:
    raw = {
        "logName": "projects/acme-prod/logs/stdout",
        "insertId": f"id-{number}",
        "timestamp": NOON.isoformat(),
        "textPayload": f"line {number}",
    }
    return json.dumps(raw).encode()


def camel(number: int) -> bytes:
    data = base64.b64encode(entry(number)).decode()
    message = {"data": data, "messageId": str(number), "publishTime": NOON.isoformat()}
    return json.dumps({"subscription": "s", "message": message}).encode()


def snake(number: int) -> bytes:
    data = base64.b64encode(entry(number)).decode()
    message = {"data": data, "message_id": str(number), "publish_time": NOON.isoformat()}
    return json.dumps({"message": message}).encode()


@pytest.mark.parametrize("spelling", [camel, snake])
def test_hundreds_of_pushes_share_few_batches(door: Door, spelling: Callable[[int], bytes]) -> None:
    assert door.push_all([spelling(number) for number in range(200)]) == [204] * 200
    sent = [entry.message for batch in door.topic.batches for entry in batch.entries]
    assert sorted(sent) == sorted(f"line {number}" for number in range(200))
    assert len(door.topic.batches) < 100


def test_c02_a_push_whose_batch_cannot_be_published_is_not_acknowledged(door: Door) -> None:
    door.topic.failures = 1
    assert door.push_all([camel(1)]) == [500]
    assert door.push_all([camel(1)]) == [204]
    assert [len(batch.entries) for batch in door.topic.batches] == [1]


def test_a06_what_is_no_push_is_acknowledged_once_and_accounted_for(door: Door) -> None:
    poison = [b"", b"\xff", b"[]", b'{"message": {"data": "%%%"}}', b"{" * 5000]
    neighbours = [camel(number) for number in range(5)]
    assert door.push_all(poison + neighbours) == [204] * 10
    assert sum(len(batch.entries) for batch in door.topic.batches) == 5
    outcomes = outcomes_of(totals(door.documents, PLATFORM))
    assert (outcomes.received, outcomes.invalid) == (5, 5)
    assert outcomes.balanced


def test_a09_a_body_larger_than_any_push_is_refused_before_it_is_read_whole(door: Door) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 1_000_000

    async def push() -> int:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            return (await client.post(door.address, content=endless())).status_code

    assert asyncio.run(push()) == 413
