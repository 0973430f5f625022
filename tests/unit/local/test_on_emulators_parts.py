"""The small parts of `vigil up --emulators`."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.http_recorder import HttpRecorder, Reply
from tests.repository.tree import ROOT
from vigil.adapters.pubsub_clients import subscriber_client
from vigil.adapters.pubsub_publisher import PubsubPublisher
from vigil.doors.topology import PUSHES, SET_ASIDE, TICKS, PushSubscription
from vigil.errors import TransientError
from vigil.local.all_at_once import all_at_once
from vigil.local.emulated_needs import CannotEmulate, missing_libraries, require_all
from vigil.local.emulated_scheduler import Scheduler
from vigil.local.emulated_topics import make_topics, subscription_name
from vigil.local.wide_push import WidePush
from vigil.ports import Message
from vigil.workflows.batch_logs import LOGS
from vigil.workflows.dead_letters import BATCH_LOGS


def eventually(holds: Callable[[], bool]) -> bool:
    give_up_at = time.monotonic() + 10
    while not holds():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.01)
    return True


# --- what is needed -------------------------------------------------------------------------------


def test_libraries_that_are_missing_are_named_with_what_installs_them() -> None:
    told = subprocess.run(
        # Without the packages of this environment.
        [
            sys.executable,
            "-S",
            "-c",
            "from vigil.local import emulated_needs as n;print(n.missing_libraries())",
        ],
        env={"PYTHONPATH": str(ROOT / "shared"), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "functions-framework" in told
    assert "google-cloud-firestore" in told
    assert "make emulators" in told
    assert missing_libraries() is None


def test_without_java_it_says_so_before_anything_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotEmulate, match="Java"):
        require_all()


# --- several at once ------------------------------------------------------------------------------


def test_if_one_cannot_be_opened_the_others_are_closed() -> None:
    closed = []

    @contextmanager
    def part(name: str) -> Iterator[str]:
        if name == "bad":
            raise OSError(name)
        yield name
        closed.append(name)

    with all_at_once([part("a"), part("b")]) as opened:
        assert opened == ["a", "b"]
    assert sorted(closed) == ["a", "b"]
    with pytest.raises(OSError, match="bad"), all_at_once([part("c"), part("bad")]):
        pytest.fail("one of them cannot be opened")
    assert sorted(closed) == ["a", "b", "c"]


# --- topics and pushes ----------------------------------------------------------------------------


def test_topics_are_made_twice_and_pushes_go_where_they_are_to_go_now(
    pubsub_address: str, fresh_project: str
) -> None:
    def first(push: PushSubscription) -> str:
        return f"http://127.0.0.1:1{push.path}"

    def second(push: PushSubscription) -> str:
        return f"http://127.0.0.1:2{push.path}"

    for endpoint in (first, second):
        make_topics(pubsub_address, fresh_project, endpoint)

    client = subscriber_client(pubsub_address)
    with client:
        found = client.list_subscriptions(project=f"projects/{fresh_project}", timeout=5.0)
        endpoints = {each.name.split("/")[-1]: each.push_config.push_endpoint for each in found}
    assert endpoints == {each.name: f"http://127.0.0.1:2{each.path}" for each in PUSHES} | {
        each.name: "" for each in SET_ASIDE
    }


def test_b07_what_is_refused_is_pushed_again_many_at_a_time(
    pubsub_address: str, fresh_project: str
) -> None:
    def endpoint(push: PushSubscription) -> str:
        return "" if push.name == BATCH_LOGS else f"http://127.0.0.1:1{push.path}"

    make_topics(pubsub_address, fresh_project, endpoint)
    publisher = PubsubPublisher(fresh_project, emulator_host=pubsub_address)
    publisher.publish(LOGS, [Message(b"%d" % n, {"n": str(n)}) for n in range(20)])
    publisher.close()
    slow = [Reply(500), Reply(cut_after=3), *[Reply(delay_seconds=0.5)] * 18]
    subscription = subscription_name(fresh_project, BATCH_LOGS)
    begun_at = time.monotonic()
    with (
        HttpRecorder(slow) as function,
        WidePush(pubsub_address, subscription, function.address),
    ):
        assert eventually(lambda: len(function.requests) == 22)
    assert time.monotonic() - begun_at < 5
    sent = [request.json["message"] for request in function.requests]
    assert {each["attributes"]["n"] for each in sent} == {str(n) for n in range(20)}  # type: ignore[index]  # as Pub/Sub's


# --- the scheduler --------------------------------------------------------------------------------


class Topic:
    """A Publisher that fails once and then keeps what it is given."""

    def __init__(self) -> None:
        self.failures = 1
        self.published: list[tuple[str, Message]] = []

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        if self.failures:
            self.failures -= 1
            raise TransientError("the emulator is busy")
        self.published += [(topic, message) for message in messages]


def test_it_ticks_and_calls_cleanup() -> None:
    topic = Topic()
    with (
        HttpRecorder() as cleanup,
        Scheduler(topic, cleanup.address, cleanup_every_ticks=1),
    ):
        assert eventually(lambda: bool(topic.published) and bool(cleanup.requests))
    assert topic.published[0] == (TICKS, Message(b"", {"event_type": "tick"}))
    assert cleanup.requests[0].head.startswith(b"POST / ")
