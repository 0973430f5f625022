"""All workflows on Firestore's emulator: what comes of an outage there, disturbed or not."""

import random
from collections.abc import Iterable, Iterator
from contextlib import closing

import grpc
import pytest

from tests.emulators import fresh_project_id
from tests.firestore_faults import Fault, Faults
from tests.outages import live_through_an_outage, picture
from tests.vigil_in_memory import VigilInMemory
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.adapters.firestore_patience import Patience
from vigil.stores.queries import DECLARED

Code = grpc.StatusCode
PATIENCE = Patience(attempts=2, sleep=lambda _seconds: None)
FAULTS = {
    "answers are lost": Fault(Code.UNAVAILABLE, applied=True),
    "commits are lost": Fault(Code.UNAVAILABLE),
    "races are lost": Fault(Code.ABORTED),
    "quotas are used up": Fault(Code.RESOURCE_EXHAUSTED),
}


def now_and_then(fault: Fault, *, seed: int) -> Iterator[Fault | None]:
    """Yield `fault` for one call in five, by chance, the same at each run."""
    chance = random.Random(seed)
    while True:
        yield fault if chance.random() < 1 / 5 else None


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([], id="undisturbed"),
        *(
            pytest.param(now_and_then(fault, seed=seed), id=f"{name}, {seed}")
            for seed in range(2)
            for name, fault in FAULTS.items()
        ),
    ],
)
def test_b03_an_outage_ends_the_same_on_firestore_whatever_happens_to_its_commits(
    firestore_channel: grpc.Channel, script: Iterable[Fault | None]
) -> None:
    with VigilInMemory() as expected:
        live_through_an_outage(expected)
        as_it_should_be = picture(expected)
    project, faults = fresh_project_id(), Faults(script, only="Commit")
    prepared = FirestoreDocuments(project, DECLARED, channel=firestore_channel)
    disturbed = FirestoreDocuments(
        project, DECLARED, channel=faults.on(firestore_channel), patience=PATIENCE
    )

    with closing(disturbed), VigilInMemory(database=prepared) as vigil:
        vigil.documents.inner = disturbed
        live_through_an_outage(vigil, ticks_after=10)

        assert picture(vigil) == as_it_should_be
        assert vigil.given_up == []
    assert faults.calls.count("Commit") >= 20
