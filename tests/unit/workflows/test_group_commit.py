"""Pushes that share a batch, each answered when the batch is durable."""

import asyncio
import base64
import threading
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any

import orjson
import pytest

from tests.builders import NOON
from tests.pushes import pushed
from tests.vigil_in_memory import ACME, Bus, VigilInMemory, payments
from vigil.errors import TransientError
from vigil.logs.log_batch import LogBatch
from vigil.logs.push_message import PushMessage
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Project, Tenant
from vigil.ports import Message
from vigil.stores.queries import PLATFORM_EXPIRED
from vigil.workflows.batch_logs import BatchLogs, Limits
from vigil.workflows.group_commit import GroupCommit
from vigil.workflows.intake import Intake

LONG = timedelta(hours=1)
NO_PUSHES = [
    pytest.param(b"", id="empty"),
    pytest.param(b"\xff\xfe\x00", id="no text"),
    pytest.param(b"{", id="not JSON"),
    pytest.param(b"[1]", id="not an object"),
    pytest.param(b"null", id="null"),
    pytest.param(b'{"message": "text"}', id="a message that is no object"),
    pytest.param(b'{"message": {"data": "%%%"}}', id="not base64"),
    pytest.param(b'{"message": {"data": "aGk"}}', id="base64 cut short"),
    pytest.param(b'{"message": {"messageId": "7"}}', id="no data"),
    pytest.param(b'{"message": {"data": "aGk=", "messageId": "7"}}', id="data that is no entry"),
]


class TimedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time the test sets."""

    seconds = 0.0

    def time(self) -> float:
        return self.seconds


class GatedBus(Bus):
    """Publishes once the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.gate = threading.Event(), threading.Event()

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        self.entered.set()
        assert self.gate.wait(10)
        super().publish(topic, messages)


def push(entry: dict[str, object]) -> PushMessage:
    return PushMessage(orjson.dumps(entry), {}, str(entry["insertId"]), NOON, None)


def run(program: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=TimedLoop) as runner:
        runner.run(program)


def loop() -> TimedLoop:
    running = asyncio.get_running_loop()
    assert isinstance(running, TimedLoop)
    return running


async def turns(number: int = 10) -> None:
    """Let the loop go round."""
    for _ in range(number):
        await asyncio.sleep(0)


def group_commit(vigil: VigilInMemory, **limits: Any) -> GroupCommit:
    batch_logs = vigil.workflows.batch_logs
    batch_logs.limits = Limits(**({"linger": LONG} | limits))
    return GroupCommit(batch_logs)


def test_c02_nothing_is_answered_before_its_batch_is_published() -> None:
    with VigilInMemory() as vigil:
        gated = GatedBus()
        vigil.workflows.batch_logs._publisher = gated
        commit = group_commit(vigil, max_entries=3)

        async def program() -> None:
            requests = [asyncio.create_task(commit.take(push(p))) for p in payments(3)]
            assert await asyncio.to_thread(gated.entered.wait, 10)
            await turns()
            assert [request.done() for request in requests] == [False] * 3
            gated.gate.set()
            await asyncio.gather(*requests)

        run(program())
        [(_, message)] = gated.published
        assert len(LogBatch.parse(message.data).entries) == 3


def test_c02_when_publishing_fails_every_request_of_the_batch_raises() -> None:
    with VigilInMemory() as vigil:
        commit = group_commit(vigil, max_entries=3)
        vigil.bus.is_down = True

        async def program() -> None:
            answers = await asyncio.gather(
                *(commit.take(push(p)) for p in payments(3)), return_exceptions=True
            )
            assert [type(answer) for answer in answers] == [TransientError] * 3
            vigil.bus.is_down = False
            await asyncio.gather(*(commit.take(push(p)) for p in payments(3)))

        run(program())
        vigil.deliver()
        assert vigil.outcomes() == Outcomes(received=3, processed=3)


def test_a_batch_goes_out_when_its_first_entry_has_waited_long_enough() -> None:
    with VigilInMemory() as vigil:
        commit = group_commit(vigil, linger=timedelta(seconds=2))

        async def program() -> None:
            first = asyncio.create_task(commit.take(push(payments(2)[0])))
            await turns()
            loop().seconds = 1.9
            second = asyncio.create_task(commit.take(push(payments(2)[1])))
            await turns()
            assert vigil.bus.published == []
            loop().seconds = 2.1
            await asyncio.gather(first, second)

        run(program())
        assert len(vigil.bus.published) == 1


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({"max_entries": 4}, id="by entries"),
        pytest.param({"max_bytes": 4 * len(orjson.dumps(payments(4)[0]))}, id="by bytes"),
        pytest.param({"max_held": 4}, id="by requests held"),
    ],
)
def test_a_batch_goes_out_when_it_is_full_and_not_before(limits: dict[str, int]) -> None:
    with VigilInMemory() as vigil:
        commit = group_commit(vigil, **limits)

        async def program() -> None:
            waiting = [asyncio.create_task(commit.take(push(p))) for p in payments(3)]
            await turns()
            assert vigil.bus.published == []
            await asyncio.gather(*waiting, commit.take(push(payments(4)[3])))

        run(program())
        assert len(vigil.bus.published) == 1


def test_when_too_many_requests_wait_the_batches_of_all_tenants_go_out() -> None:
    with VigilInMemory() as vigil:
        vigil.registry.create_tenant(Tenant("globex", "Globex", NOON))
        vigil.registry.give_project(Project("mill", "globex", NOON))
        commit = group_commit(vigil, max_held=4)
        theirs = [p | {"logName": "projects/mill/logs/stdout"} for p in payments(2)]

        async def program() -> None:
            await asyncio.gather(*(commit.take(push(p)) for p in [*payments(2), *theirs]))

        run(program())
        tenants = [message.attributes["tenant_id"] for _, message in vigil.bus.published]
        assert sorted(tenants) == ["acme", "globex"]


@pytest.mark.parametrize("body", NO_PUSHES)
def test_a06_a_body_that_cannot_be_used_is_answered_and_accounted_for_once(body: bytes) -> None:
    with VigilInMemory() as vigil:
        commit = group_commit(vigil, max_entries=1)
        run(commit.take_body(body, {}))
        kept = vigil.database.query(PLATFORM_EXPIRED, bound=vigil.clock.now + timedelta(days=8))

        assert vigil.outcomes_of_nobody() == Outcomes(received=1, invalid=1)
        assert len(kept) == 1
        assert vigil.bus.published == []


def test_a06_neighbours_of_poison_come_in() -> None:
    bodies = [
        orjson.dumps({"message": {"data": base64.b64encode(orjson.dumps(p)).decode()}})
        for p in payments(3)
    ]
    with VigilInMemory() as vigil:
        commit = group_commit(vigil, linger=timedelta(0))

        async def program() -> None:
            await asyncio.gather(*(commit.take_body(b, {}) for b in [b"{", *bodies, b""]))

        run(program())
        vigil.deliver()
        assert vigil.outcomes() == Outcomes(received=3, processed=3)
        assert vigil.outcomes_of_nobody() == Outcomes(received=2, invalid=2)


class RegistryInTrouble:
    """Knows whose `shop` is, and cannot look up anything else now."""

    def tenant_of(self, project_id: str) -> Tenant | None:
        if project_id != "shop":
            raise TransientError("the registry cannot be read")
        return ACME

    def tenant(self, tenant_id: str) -> Tenant | None:
        return ACME


def test_an_entry_that_cannot_be_judged_now_comes_again_and_its_neighbours_come_in() -> None:
    theirs = payments(1)[0] | {"logName": "projects/mill/logs/stdout"}
    bodies = [pushed(orjson.dumps(entry)) for entry in (*payments(2), theirs)]
    with VigilInMemory() as vigil:
        batch_logs = BatchLogs(
            intake=Intake(RegistryInTrouble(), vigil.clock, lambda entry: False),
            documents=vigil.database,
            publisher=vigil.bus,
            clock=vigil.clock,
            limits=Limits(max_entries=2, linger=LONG),
        )
        commit = GroupCommit(batch_logs)

        async def program() -> None:
            first, second, third = await asyncio.gather(
                *(commit.take_body(body, {}) for body in (bodies[0], bodies[2], bodies[1])),
                return_exceptions=True,
            )
            assert [first, third] == [None, None]
            assert isinstance(second, TransientError)

        run(program())
        assert len(vigil.bus.published) == 1


def test_a_caller_that_goes_away_before_its_push_is_read_has_it_redelivered() -> None:
    bodies = [pushed(orjson.dumps(entry)) for entry in payments(2)]
    with VigilInMemory() as vigil:
        commit = group_commit(vigil, max_entries=2)

        async def program() -> None:
            gone, stays = (asyncio.create_task(commit.take_body(b, {})) for b in bodies)
            asyncio.get_running_loop().call_soon(gone.cancel)
            await turns()
            await asyncio.gather(stays, commit.take_body(bodies[0], {}))
            assert gone.cancelled()

        run(program())
        vigil.deliver()
        assert vigil.outcomes() == Outcomes(received=2, processed=2)


def test_two_hundred_concurrent_requests_are_each_in_one_batch() -> None:
    with VigilInMemory() as vigil:
        commit = group_commit(vigil, max_entries=30, linger=timedelta(0))

        async def program() -> None:
            await asyncio.gather(*(commit.take(push(p)) for p in payments(200)))

        run(program())
        batches = [LogBatch.parse(message.data) for _, message in vigil.bus.published]
        vigil.deliver()
        assert max(len(batch.entries) for batch in batches) == 30
        assert len({batch.batch_id for batch in batches}) == len(batches)
        assert vigil.outcomes() == Outcomes(received=200, processed=200)


def test_a_caller_that_goes_away_takes_nobody_else_along() -> None:
    with VigilInMemory() as vigil:
        commit = group_commit(vigil, max_entries=3)

        async def program() -> None:
            gone, stays = (asyncio.create_task(commit.take(push(p))) for p in payments(3)[:2])
            await turns()
            gone.cancel()
            await turns()
            await asyncio.gather(stays, commit.take(push(payments(3)[2])))

        run(program())
        vigil.deliver()
        assert vigil.outcomes() == Outcomes(received=3, processed=3)
