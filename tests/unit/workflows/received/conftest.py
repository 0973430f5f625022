"""An installation in memory, and somebody who sends it alerts."""

from collections.abc import Iterator

import pytest

from tests.received_payloads import Sender
from tests.vigil_in_memory import VigilInMemory


@pytest.fixture
def vigil() -> Iterator[VigilInMemory]:
    with VigilInMemory() as vigil:
        yield vigil


@pytest.fixture
def sender(vigil: VigilInMemory) -> Sender:
    return Sender(vigil)
