"""The adapters that must keep the contract: one added here is held to the whole of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from typing import Protocol

import grpc
import pytest

from tests.contract.declared_queries import QUERIES
from tests.contract.set_clock import SetClock
from tests.emulators import fresh_project_id
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.adapters.sqlite_queue import SqliteQueue, Subscription
from vigil.ports import Documents


class Opening(Protocol):
    """Opens an empty store that answers QUERIES, with what it needs of the test's fixtures."""

    def __call__(self, request: pytest.FixtureRequest) -> AbstractContextManager[Documents]: ...


def sqlite_in_memory(request: pytest.FixtureRequest) -> AbstractContextManager[Documents]:
    return closing(SqliteDocuments(":memory:", QUERIES))


def sqlite_on_a_file(request: pytest.FixtureRequest) -> AbstractContextManager[Documents]:
    folder: Path = request.getfixturevalue("tmp_path")
    return closing(SqliteDocuments(folder / "vigil.db", QUERIES))


def firestore_emulator(request: pytest.FixtureRequest) -> AbstractContextManager[Documents]:
    address: str = request.getfixturevalue("firestore_address")
    channel: grpc.Channel = request.getfixturevalue("firestore_channel")
    return closing(
        FirestoreDocuments(fresh_project_id(), QUERIES, emulator_host=address, channel=channel)
    )


DOCUMENTS: dict[str, Opening] = {
    "sqlite in memory": sqlite_in_memory,
    "sqlite on a file": sqlite_on_a_file,
    "firestore emulator": firestore_emulator,
}


@pytest.fixture(params=DOCUMENTS)
def documents(request: pytest.FixtureRequest) -> Iterator[Documents]:
    with DOCUMENTS[request.param](request) as opened:
        yield opened


OpenQueue = Callable[[Mapping[str, Subscription]], SqliteQueue]


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(params=["sqlite in memory", "sqlite on a file"])
def open_queue(
    request: pytest.FixtureRequest, tmp_path: Path, clock: SetClock
) -> Iterator[OpenQueue]:
    """Opens a queue with a topic "elsewhere" beside those of its subscriptions."""
    path = ":memory:" if request.param == "sqlite in memory" else tmp_path / "queue.db"
    with ExitStack() as closings:

        def opened(subscriptions: Mapping[str, Subscription]) -> SqliteQueue:
            queue = SqliteQueue(path, subscriptions, clock, topics=["elsewhere"])
            return closings.enter_context(closing(queue))

        yield opened
