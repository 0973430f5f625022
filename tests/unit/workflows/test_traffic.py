"""What traces show is kept, becomes what is usual, and says who may have caused an incident."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.builders import NOON, anomaly, raw_entry
from tests.vigil_in_memory import ACME, VigilInMemory
from vigil.incidents.service_graph import ServiceGraph
from vigil.model.anomaly import Anomaly
from vigil.model.incident import Incident
from vigil.model.observed import Observed
from vigil.model.severity import Severity
from vigil.model.suspect import Ground
from vigil.model.trace_profile import TraceProfile
from vigil.stores.queries import INCIDENTS
from vigil.stores.service_graphs import ServiceGraphs
from vigil.stores.traffic_records import StoredSlice, TrafficRecords, Usual
from vigil.workflows import traffic_folding

CHECKOUT, PAY, STOCK = (
    ("shop", "POST", "/checkout"),
    ("bank", "POST", "/pay"),
    ("stock", "GET", "/s"),
)
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


@pytest.fixture
def vigil() -> Iterator[VigilInMemory]:
    with VigilInMemory() as opened:
        yield opened


def served(
    request: tuple[str, str, str], trace: str, at: datetime, seconds: float, **fields: object
) -> dict[str, object]:
    """Return the request entry of a service, as it is written when the request is over."""
    service, method, url = request
    over = (at + timedelta(seconds=seconds)).isoformat()
    http = {"requestMethod": method, "requestUrl": url, "latency": f"{seconds:.6f}s"}
    return raw_entry(
        insertId=f"{trace}-{service}",
        timestamp=over,
        receiveTimestamp=over,
        resource={"type": "cloud_run_revision", "labels": {"service_name": service}},
        trace=f"projects/shop/traces/{trace}",
        spanId=f"{service}-{trace}",
        httpRequest=http | {"status": fields.get("status", 200)},
        severity="ERROR" if fields.get("status", 200) != 200 else "INFO",
        jsonPayload={"message": url, "parent_span_id": fields.get("parent", "")},
    )


def checkout(number: int, at: datetime, *, broken: bool = False) -> list[dict[str, object]]:
    """Return what a checkout logs, which looks at the stock and pays; `broken`, paying fails."""
    trace, status = f"{number:032x}", 500 if broken else 200
    parent = f"shop-{trace}"
    entries = [
        served(STOCK, trace, at, 0.02, parent=parent),
        served(CHECKOUT, trace, at, 0.2, status=status),
    ]
    paying = served(PAY, trace, at + timedelta(seconds=0.03), 0.1, parent=parent, status=status)
    return [*entries, paying]


def minutes(vigil: VigilInMemory, count: int, *, broken: bool = False, rate: int = 12) -> None:
    """Let `rate` checkouts a minute be made for some minutes, with a tick after each."""
    for _ in range(count):
        began_at = vigil.clock.now
        for number in range(rate):
            at = began_at + number * _MINUTE / rate
            vigil.clock.now = at + timedelta(seconds=1)
            order = int(at.timestamp() * 10)
            vigil.receive(checkout(order, at, broken=broken))
            vigil.deliver()
        vigil.clock.now = began_at + _MINUTE
        vigil.tick()


def strayed_at(at: datetime) -> Anomaly:
    """Return an anomaly of the bank, found early."""
    return anomaly(
        service="bank",
        endpoint="POST /pay",
        severity=Severity.MEDIUM,
        window_started_at=at,
        started_at=at,
        detected_at=at,
    )


def records_of(vigil: VigilInMemory) -> TrafficRecords:
    return TrafficRecords(vigil.database, vigil.store.root, window_seconds=60)


def slices(vigil: VigilInMemory) -> list[StoredSlice]:
    return records_of(vigil).since(NOON - _MINUTE * 99, 9999)


def usual(vigil: VigilInMemory) -> Usual:
    return records_of(vigil).usual()


def graph(vigil: VigilInMemory) -> ServiceGraph:
    return ServiceGraphs(vigil.database, vigil.store.root).read().graph


def runs(profile: TraceProfile, service: str) -> float:
    return sum(d.count for (name, _), d in profile.operations.items() if name == service)


def incidents(vigil: VigilInMemory) -> list[Incident]:
    return [stored.value for stored in vigil.store.incidents.query(INCIDENTS)]


def test_the_parts_of_a_slice_are_folded_into_one_document(vigil: VigilInMemory) -> None:
    minutes(vigil, 5)

    old = [each for each in slices(vigil) if each.at < vigil.clock.now - 3 * _MINUTE]
    assert [len(each.parts) for each in old] == [0] * len(old) != []
    assert {runs(each.observed.profile, "bank") for each in old} == {3}


def test_what_is_folded_twice_is_there_once(vigil: VigilInMemory) -> None:
    minutes(vigil, 5)
    before = [runs(each.observed.profile, "shop") for each in slices(vigil)], graph(vigil)

    vigil.tick()
    vigil.tick()

    assert ([runs(each.observed.profile, "shop") for each in slices(vigil)], graph(vigil)) == before


def test_more_parts_than_are_read_at_once_are_folded_in_one_tick(
    vigil: VigilInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic_folding, "_AT_ONCE", 3)
    minutes(vigil, 5)

    old = [each for each in slices(vigil) if each.at < vigil.clock.now - 3 * _MINUTE]
    assert {(len(each.parts), runs(each.observed.profile, "bank")) for each in old} == {(0, 3)}


def test_what_comes_late_is_added_to_its_slice(vigil: VigilInMemory) -> None:
    minutes(vigil, 5)
    records = records_of(vigil)
    first = slices(vigil)[0]
    vigil.database.commit([records.put(first.at, "late", first.observed)])

    vigil.tick()

    assert runs(slices(vigil)[0].observed.profile, "bank") == 2 * runs(
        first.observed.profile, "bank"
    )
    assert not slices(vigil)[0].parts


def test_a_service_is_known_by_whom_it_calls(vigil: VigilInMemory) -> None:
    minutes(vigil, 5)

    edges = {(e.caller.service, e.callee.service): e.request_share for e in graph(vigil).edges()}
    assert edges == {("shop", "bank"): 1.0, ("shop", "stock"): 1.0}


def test_healthy_slices_become_what_is_usual_after_a_while(vigil: VigilInMemory) -> None:
    minutes(vigil, 9)
    assert usual(vigil).until is None

    minutes(vigil, 9)

    learned = usual(vigil)
    assert learned.until is not None
    healthy = [each for each in slices(vigil) if each.at < learned.until]
    assert runs(learned.observed.profile, "bank") == pytest.approx(
        runs(Observed.all_of(each.observed for each in healthy).profile, "bank"), rel=0.01
    )


@pytest.mark.parametrize("seconds", [60, 1_500, 3_600])
def test_slices_are_kept_until_they_are_learned_however_long_a_window_is(seconds: int) -> None:
    thresholds = replace(ACME.thresholds, window_seconds=seconds)
    window = timedelta(seconds=seconds)
    with VigilInMemory(replace(ACME, thresholds=thresholds)) as vigil:
        for number in range(20):
            at = vigil.clock.now
            vigil.receive(checkout(number, at))
            vigil.deliver()
            vigil.clock.now = at + window
            vigil.tick()
            vigil.workflows.cleanup.run()

        assert runs(usual(vigil).observed.profile, "bank") > 0


def test_what_happened_during_an_incident_is_not_usual(vigil: VigilInMemory) -> None:
    minutes(vigil, 2)
    minutes(vigil, 16, broken=True)

    [incident] = incidents(vigil)
    assert incident.resolved_at is None
    # Two minutes of twelve checkouts; the slice in which it broke may be half of each.
    assert runs(usual(vigil).observed.profile, "shop") <= 2 * 12 + 3


def test_what_strays_once_is_looked_at_again_as_its_traces_come_in(vigil: VigilInMemory) -> None:
    minutes(vigil, 20)
    began_at = vigil.clock.now
    paying = strayed_at(began_at + 10 * _SECOND)
    vigil.strike(paying)
    [told] = incidents(vigil)
    vigil.clock.now = began_at
    minutes(vigil, 1, broken=True, rate=4)
    vigil.clock.now += _MINUTE
    vigil.tick()

    known = next(each for each in incidents(vigil) if each.incident_id == told.incident_id)
    grounds = [{proof.ground for proof in each.suspects[0].proofs} for each in (told, known)]
    assert grounds[0] < grounds[1]
    assert (told.impact, known.impact and known.impact.failed) == (None, 4)


def test_who_caused_an_incident_is_told_with_it(vigil: VigilInMemory) -> None:
    minutes(vigil, 20)
    minutes(vigil, 4, broken=True)

    [incident] = incidents(vigil)
    first, *others = incident.suspects
    assert first.service == "bank" == incident.root_cause.service
    assert first.confidence > 0.5 > max(other.confidence for other in others)
    assert first.proofs[0].text


def test_without_traces_the_anomalies_alone_speak_for_a_suspect(vigil: VigilInMemory) -> None:
    for number in range(40):
        at = NOON + number * timedelta(seconds=1)
        entry = served(PAY, f"{number:032x}", at, 0.1, status=500)
        vigil.receive([{k: v for k, v in entry.items() if k not in ("trace", "spanId")}])
    vigil.settle()

    [incident] = incidents(vigil)
    [suspect] = incident.suspects
    assert suspect.service == "bank"
    assert {proof.ground for proof in suspect.proofs} == {Ground.DEEPEST, Ground.ERRORS}
    assert all(not each.observed.profile.operations for each in slices(vigil))


def test_a_part_that_cannot_be_read_stops_nobody(vigil: VigilInMemory) -> None:
    minutes(vigil, 1)
    records = records_of(vigil)
    put = records.put(NOON, "broken", Observed())
    vigil.database.commit([type(put)(put.path, {**put.fields, "profile": b"no profile"}, None)])

    minutes(vigil, 4)

    assert runs(slices(vigil)[0].observed.profile, "bank") > 0
    assert not slices(vigil)[0].parts


def test_a_batch_that_comes_again_leaves_no_second_part(vigil: VigilInMemory) -> None:
    records = records_of(vigil)

    first, second = (records.put(NOON, "v1-batch", Observed()) for _ in range(2))

    assert first == second
