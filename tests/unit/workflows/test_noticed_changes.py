"""Changes that entries tell of are written down, once, and shown with an incident."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.builders import NOON, raw_entry
from tests.vigil_in_memory import VigilInMemory
from vigil.errors import PreconditionFailed, TransientError
from vigil.model.change import Change, ChangeKind
from vigil.ports import Write
from vigil.stores.known_revisions import KnownRevisions
from vigil.stores.queries import CHANGES_UNTIL, INCIDENTS

_MINUTE = timedelta(minutes=1)


@pytest.fixture
def vigil() -> Iterator[VigilInMemory]:
    with VigilInMemory() as opened:
        yield opened


def request(number: int, at: datetime, revision: str, *, status: int = 200) -> dict[str, object]:
    labels = {"service_name": "cart", "revision_name": revision, "location": "europe-west1"}
    return raw_entry(
        insertId=f"r{revision}{at.timestamp()}-{number}",
        timestamp=at.isoformat(),
        receiveTimestamp=at.isoformat(),
        resource={"type": "cloud_run_revision", "labels": labels},
        httpRequest={"requestMethod": "POST", "requestUrl": "/pay", "status": status},
        jsonPayload={"message": "paid", "user_id": f"user-{number % 7}"},
        severity="ERROR" if status >= 500 else "INFO",
    )


def serve(
    vigil: VigilInMemory, revision: str, minutes: int = 1, *, status: int = 200, count: int = 20
) -> None:
    """Let a revision serve for some minutes, each with a tick."""
    for _ in range(minutes):
        at = vigil.clock.now
        step = _MINUTE / count
        vigil.receive([request(n, at + n * step, revision, status=status) for n in range(count)])
        vigil.deliver()
        vigil.clock.now = at + _MINUTE
        vigil.tick()


def changes(vigil: VigilInMemory) -> list[Change]:
    found = vigil.store.changes.query(CHANGES_UNTIL, bound=NOON + 99 * _MINUTE)
    return [stored.value for stored in reversed(found)]


def test_a_revision_that_is_new_is_a_change_once(vigil: VigilInMemory) -> None:
    serve(vigil, "cart-1", 2)
    assert changes(vigil) == []

    serve(vigil, "cart-2", 2)

    [change] = changes(vigil)
    assert (change.kind, change.service) == (ChangeKind.REVISION, "cart")
    assert "cart-2" in change.what
    assert change.at == NOON + 2 * _MINUTE


def test_another_process_finds_no_change_in_what_is_known(vigil: VigilInMemory) -> None:
    serve(vigil, "cart-1")
    serve(vigil, "cart-2")
    before = changes(vigil)
    vigil.workflows.detect_anomalies._changes._known.clear()

    serve(vigil, "cart-2")

    assert changes(vigil) == before


def test_a_race_about_revisions_is_run_again(vigil: VigilInMemory) -> None:
    serve(vigil, "cart-1")
    lost = [1, 2]

    def lose(writes: list[Write]) -> None:
        if lost and any("/revisions" in write.path for write in writes):
            lost.pop()
            raise PreconditionFailed("written by somebody else")

    vigil.documents.before = lose  # type: ignore[assignment] # a list is a sequence
    serve(vigil, "cart-2")

    assert (lost, len(changes(vigil))) == ([], 1)


def test_a_race_that_is_always_lost_lets_the_batch_come_again(vigil: VigilInMemory) -> None:
    serve(vigil, "cart-1")

    def lose(writes: list[Write]) -> None:
        if any("/revisions" in write.path for write in writes):
            raise PreconditionFailed("written by somebody else")

    vigil.documents.before = lose  # type: ignore[assignment] # a list is a sequence
    vigil.receive([request(1, vigil.clock.now, "cart-2")])
    [(_, batch)] = [waiting for waiting in vigil.bus.waiting if waiting[0] == "vigil-batches"]
    with pytest.raises(TransientError):
        vigil.workflows.detect_anomalies.handle(batch.data)
    vigil.documents.before = lambda writes: None
    vigil.deliver()

    assert [change.what for change in changes(vigil)] == ["revision cart-2"]


def test_revisions_that_cannot_be_read_are_learned_anew(vigil: VigilInMemory) -> None:
    serve(vigil, "cart-1")
    revisions = KnownRevisions(vigil.database, vigil.store.root)
    put = revisions.put({}, when=None)
    vigil.database.commit([type(put)(put.path, {"revisions": b"{"}, None)])

    assert revisions.read().known == {}


def test_of_a_flood_of_changes_those_nearest_to_the_onset_are_told(vigil: VigilInMemory) -> None:
    serve(vigil, "cart-1", 20)
    at = vigil.clock.now
    flood = [
        Change(f"c{n}", "acme", ChangeKind.DEPLOYMENT, "cart", f"deployment {n}", since)
        for n in range(1_200)
        for since in [at - timedelta(seconds=(1_200 - n) / 2)]
    ]
    later = Change("l", "acme", ChangeKind.DEPLOYMENT, "cart", "after it", at + 5 * _MINUTE)
    puts = [vigil.store.changes.put(each.change_id, each) for each in (*flood, later)]
    vigil.database.commit(puts)
    serve(vigil, "cart-1", 1, status=500)
    vigil.settle()

    [incident] = [stored.value for stored in vigil.store.incidents.query(INCIDENTS)]
    told = {change.what for change in incident.changes}
    assert told == {f"deployment {n}" for n in range(1_190, 1_200)}


def test_an_incident_says_what_changed_before_it_and_whom_it_hit(vigil: VigilInMemory) -> None:
    serve(vigil, "cart-1", 20)
    serve(vigil, "cart-2", 1)
    at = vigil.clock.now
    both = [request(n, at + n * _MINUTE / 60, "cart-1") for n in range(30)]
    both += [request(n, at + n * _MINUTE / 60, "cart-2", status=500) for n in range(30)]
    vigil.receive(both)
    vigil.settle()

    [incident] = [stored.value for stored in vigil.store.incidents.query(INCIDENTS)]
    assert [change.what for change in incident.changes] == ["revision cart-2"]
    [difference] = [each for each in incident.differences if each.field == "revision"]
    assert (difference.value, difference.count, difference.total) == ("cart-2", 30, 30)
    assert incident.impact is not None
    assert (incident.impact.requests, incident.impact.failed) == (60, 30)
    assert incident.impact.users == 7
    assert incident.impact.budget_burned
