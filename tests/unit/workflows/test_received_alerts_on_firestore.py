"""Received alerts on Google's Firestore emulator: what is kept of a flood fits, and ends."""

from collections.abc import Iterator

import grpc
import pytest

from tests.builders import NOON
from tests.cascades import alerts
from tests.emulators import fresh_project_id
from tests.received_payloads import Sender, alertmanager, over, raised
from tests.vigil_in_memory import VigilInMemory
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.alerting.group_members import MOST_MEMBERS, Member, Members
from vigil.model.received_alert import AlertSource
from vigil.receiving.grouping import MOST_TOGETHER
from vigil.stores.queries import DECLARED
from vigil.stores.tenant_store import GroupState

pytestmark = pytest.mark.slow


@pytest.fixture
def vigil(firestore_address: str, firestore_channel: grpc.Channel) -> Iterator[VigilInMemory]:
    database = FirestoreDocuments(
        fresh_project_id(), DECLARED, emulator_host=firestore_address, channel=firestore_channel
    )
    with VigilInMemory(database=database) as vigil:
        yield vigil


def test_a21_a_group_in_several_pieces_is_one_alert_and_ends(vigil: VigilInMemory) -> None:
    sender = Sender(vigil)
    many = [raised(instance=str(number)) for number in range(MOST_TOGETHER + 1)]
    sender.post(AlertSource.ALERTMANAGER, alertmanager(many))
    vigil.deliver()
    [standing] = alerts(vigil)
    sender.post(AlertSource.ALERTMANAGER, alertmanager([over(alert) for alert in many]))
    vigil.deliver()

    assert vigil.given_up == []
    assert standing.anomaly_count == MOST_TOGETHER + 1
    assert not alerts(vigil)[0].is_active
    assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


def test_a21_the_largest_group_fits_into_its_document(vigil: VigilInMemory) -> None:
    flood = {f"v1:{number:032x}": Member(NOON) for number in range(MOST_MEMBERS)}
    state = GroupState("v1-group", NOON, Members(flood).packed(), "INC-1")
    vigil.database.commit([vigil.store.groups.put(state.group_id, state)])

    kept = vigil.store.groups.get(state.group_id)
    assert kept is not None
    assert Members.unpacked(kept.value.members).firing == MOST_MEMBERS
