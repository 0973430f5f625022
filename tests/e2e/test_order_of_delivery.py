"""The same entries give the same incidents, alerts and notifications in whatever way they arrive.

What arrives is the sample export; it is cut into batches, and batches and events are delivered
twice and in any order, as Pub/Sub may (FAULTS A01, A02).
"""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.decisions import without_samples
from tests.samples import sample_in_order_of_time
from tests.vigil_in_memory import ACME, VigilInMemory
from vigil.local.sample import BEGINS_AT, LASTS
from vigil.model.alert import Alert
from vigil.model.incident import Incident
from vigil.model.notification import AlertMessage
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Project, Thresholds
from vigil.ports import Message
from vigil.stores.queries import ALERTS, INCIDENTS

Entries = list[dict[str, object]]
# Whatever the order, nothing comes too late for its window.
PATIENT = Thresholds(allowed_lateness_seconds=3600)
SAMPLE_PROJECT = "sample-shop"


@dataclass(frozen=True)
class Result:
    """What is there in the end.

    Without the suspects and how sure they are, which rests on a sample.
    """

    incidents: list[Incident]
    alerts: list[Alert]
    told: list[tuple[str, AlertMessage]]
    outcomes: Outcomes


def cut(entries: Entries, chance: random.Random) -> list[Entries]:
    """Return `entries` in batches of 100 to 800."""
    batches, at = [], 0
    while at < len(entries):
        size = chance.randint(100, 800)
        batches.append(entries[at : at + size])
        at += size
    return batches


def twice_in_any_order(
    messages: Sequence[tuple[str, Message]], chance: random.Random
) -> Sequence[tuple[str, Message]]:
    return chance.sample([*messages, *messages], 2 * len(messages))


def delivered(entries: Entries, chance: random.Random | None) -> Result:
    """Return what comes of `entries`, in their order, or disturbed by `chance`."""
    tenant = replace(ACME, created_at=NOON, thresholds=PATIENT)
    with VigilInMemory(tenant) as vigil:
        vigil.registry.give_project(Project(SAMPLE_PROJECT, tenant.tenant_id, NOON))
        vigil.clock.now = BEGINS_AT + LASTS
        for batch in cut(entries, chance or random.Random(0)):
            vigil.receive(batch)
            # Two batches of the same entries differ by when they were sent.
            vigil.clock.advance(0.001)
        _deliver_all(vigil, chance)
        vigil.clock.now = BEGINS_AT + LASTS + timedelta(hours=1, minutes=5)
        vigil.tick()
        _deliver_events_again(vigil, chance)
        incidents = [stored.value for stored in vigil.store.incidents.query(INCIDENTS)]
        return Result(
            [without_samples(incident) for incident in incidents],
            [stored.value for stored in vigil.store.alerts.query(ALERTS)],
            vigil.notifier.sent,
            vigil.outcomes(),
        )


def _deliver_all(vigil: VigilInMemory, chance: random.Random | None) -> None:
    if chance is not None:
        vigil.bus.waiting = deque(twice_in_any_order(vigil.bus.waiting, chance))
    vigil.deliver()


def _deliver_events_again(vigil: VigilInMemory, chance: random.Random | None) -> None:
    if chance is not None:
        vigil.bus.waiting.extend(twice_in_any_order(vigil.bus.published, chance))
        vigil.deliver()
        vigil.tick()


@pytest.fixture(scope="module")
def entries() -> Entries:
    return sample_in_order_of_time()


@pytest.fixture(scope="module")
def expected(entries: Entries) -> Result:
    return delivered(entries, None)


def test_in_their_order_they_give_one_incident_that_is_told_once(expected: Result) -> None:
    (incident,) = expected.incidents
    assert incident.root_cause.endpoint == "POST /payment"
    assert len(expected.alerts) == len(expected.told) == 1
    assert expected.outcomes == Outcomes(received=5040, processed=5040)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a01_a02_batches_twice_and_in_any_order_give_the_same(
    entries: Entries, expected: Result, seed: int
) -> None:
    assert delivered(entries, random.Random(seed)) == expected


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a01_a02_entries_twice_and_in_any_order_give_the_same(
    entries: Entries, expected: Result, seed: int
) -> None:
    chance = random.Random(seed)
    disturbed = chance.sample([*entries, *entries], 2 * len(entries))

    found = delivered(disturbed, chance)

    assert replace(found, outcomes=expected.outcomes) == expected
    assert found.outcomes == Outcomes(received=10_080, processed=5040, duplicate=5040)
