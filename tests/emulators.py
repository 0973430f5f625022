"""Google's emulators for tests: one of each per process of pytest, started by who first needs it.

Everything in them is apart by project, so each test takes a `fresh_project` of its own.
"""

import itertools
from collections.abc import Iterator

import grpc
import pytest

from vigil.adapters.firestore_calls import open_channel
from vigil.local.emulators import firestore_emulator, missing_for_emulators, pubsub_emulator

_numbers = itertools.count(1)


def fresh_project_id() -> str:
    """Return the id of a project that nobody in this process has used."""
    return f"vigil-test-{next(_numbers)}"


@pytest.fixture
def fresh_project() -> str:
    """Gives the id of an empty project."""
    return fresh_project_id()


@pytest.fixture(scope="session")
def firestore_address() -> Iterator[str]:
    """Gives "127.0.0.1:PORT" of Firestore's emulator."""
    _skip_if_missing()
    with firestore_emulator() as address:
        yield address


@pytest.fixture(scope="session")
def firestore_channel(firestore_address: str) -> Iterator[grpc.Channel]:
    """Gives one channel to Firestore's emulator, for all projects."""
    with open_channel(firestore_address) as channel:
        yield channel


@pytest.fixture(scope="session")
def pubsub_address() -> Iterator[str]:
    """Gives "127.0.0.1:PORT" of Pub/Sub's emulator."""
    _skip_if_missing()
    with pubsub_emulator() as address:
        yield address


def _skip_if_missing() -> None:
    missing = missing_for_emulators()
    if missing:
        pytest.skip(missing)
