"""Streams on Firestore's emulator: what is kept is found as it was, whatever replies are lost."""

from collections.abc import Iterator
from contextlib import closing

import grpc
import pytest

from tests.emulators import fresh_project_id
from tests.firestore_faults import Fault, Faults
from tests.stream_installation import WRITER, StreamInstallation
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.adapters.firestore_patience import Patience
from vigil.model.stream import StreamStatus
from vigil.stores.queries import DECLARED
from vigil.workflows.streams import listed

PATIENCE = Patience(attempts=2, sleep=lambda _seconds: None)
LOST = Fault(grpc.StatusCode.UNAVAILABLE, applied=True)


def every_other(fault: Fault) -> Iterator[Fault | None]:
    while True:
        yield from (fault, None)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(None, id="undisturbed"),
        pytest.param(LOST, id="B03 replies are lost"),
        pytest.param(Fault(grpc.StatusCode.ABORTED), id="B01 races are lost"),
    ],
)
def test_b03_a_stream_comes_and_goes_on_firestore(
    firestore_channel: grpc.Channel, fault: Fault | None
) -> None:
    project, faults = fresh_project_id(), Faults(every_other(fault) if fault else [], only="Commit")
    prepared = FirestoreDocuments(project, DECLARED, channel=firestore_channel)
    disturbed = FirestoreDocuments(
        project, DECLARED, channel=faults.on(firestore_channel), patience=PATIENCE
    )
    with closing(disturbed), closing(prepared):
        here = StreamInstallation(prepared)
        here.documents.inner = disturbed
        started = here.start()
        assert (started, started.status) == (here.kept(), StreamStatus.ACTIVE)
        assert here.delivers()
        assert listed(here.store(), StreamStatus.ACTIVE) == [started]
        assert here.cloud.writers == {WRITER}

        here.stop()
        assert (here.cloud.sinks, here.cloud.writers) == ({}, set())
        assert listed(here.store(), StreamStatus.ACTIVE) == []
        assert here.start().status is StreamStatus.ACTIVE
