"""Five thousand entries through every function as its own process, on Google's emulators.

Pushes fail, replies are lost, every function is killed in the midst of its work: one run, and each
test looks at another side of what came of it.
"""

from collections.abc import Iterator

import pytest

from tests.e2e import storm
from tests.e2e.emulated_run import SIGNING_KEY, Deployment, deployed, put_through, utc_now
from tests.emulators import fresh_project_id
from vigil.local.emulated_functions import Emulators
from vigil.local.snapshot import notifications_of
from vigil.local.webhook_receiver import Verifier, read_message
from vigil.model.alert import AlertStatus
from vigil.model.channel import Channel, ChannelKind
from vigil.model.notification import NotificationStatus, Transition
from vigil.model.outcome import Outcomes
from vigil.stores.queries import ALERTS, INCIDENTS
from vigil.stores.usage import PLATFORM

EXPECTED = storm.Expected()
HOOK = Channel("hook", ChannelKind.WEBHOOK)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(
    firestore_address: str, pubsub_address: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A deployment that has been through the storm."""
    emulators = Emulators(firestore_address, pubsub_address, fresh_project_id())
    with deployed(emulators, tmp_path_factory.mktemp("functions")) as made:
        put_through(made)
        yield made


def all_outcomes(run: Deployment) -> dict[str, Outcomes]:
    roots = {"acme": "tenants/acme", "globex": "tenants/globex", "nobody": PLATFORM}
    return {name: run.outcomes(root) for name, root in roots.items()}


def test_the_storm_had_its_faults(run: Deployment) -> None:
    for name in ("batch_logs", "detect_anomalies", "manage_alerts"):
        faults = run.proxy.faults[name]
        assert faults["refused"] >= 1
        assert faults["reply lost"] >= 1
        went_wrong = faults["refused"] + faults["reply lost"]
        assert went_wrong <= run.proxy.pushes[name] / 100 + 2
    # What was killed in the midst of its work gave no answer.
    assert sum(faults["answered 502"] for faults in run.proxy.faults.values()) >= 1


def test_g1_every_entry_is_accounted_for_per_tenant_and_for_nobody(run: Deployment) -> None:
    outcomes = all_outcomes(run)
    for each in outcomes.values():
        assert each.balanced
        assert (each.rate_limited, each.dead_lettered) == (0, 0)
    received = sum(each.received for each in outcomes.values())
    assert EXPECTED.all <= received <= run.proxy.entries_passed_on


def test_c01_c02_c03_b07_no_entry_is_lost_and_none_counts_twice(run: Deployment) -> None:
    outcomes = all_outcomes(run)
    assert outcomes["acme"].processed == EXPECTED.acme
    assert outcomes["globex"].processed == EXPECTED.globex
    assert outcomes["nobody"].processed == 0


def test_a01_what_came_twice_is_a_duplicate(run: Deployment) -> None:
    outcomes = all_outcomes(run)
    # What was rejected is counted each time that it comes: nobody remembers it.
    assert outcomes["acme"].duplicate >= EXPECTED.duplicates
    assert outcomes["acme"].filtered >= EXPECTED.own
    assert outcomes["nobody"].invalid >= EXPECTED.broken + EXPECTED.nobodys
    repeated = run.proxy.entries_passed_on - EXPECTED.all
    assert sum(each.duplicate for each in outcomes.values()) <= EXPECTED.duplicates + repeated


def test_the_outage_is_one_incident_and_one_alert(run: Deployment) -> None:
    [incident] = [stored.value for stored in run.store("acme").incidents.query(INCIDENTS)]
    [alert] = [stored.value for stored in run.store("acme").alerts.query(ALERTS)]
    assert (alert.incident_id, alert.status) == (incident.incident_id, AlertStatus.OPEN)
    assert incident.root_cause.endpoint == "POST /payment"
    assert run.store("globex").incidents.query(INCIDENTS) == []
    assert run.store("globex").alerts.query(ALERTS) == []


def test_c07_the_receiver_knows_one_key_for_the_alert(run: Deployment) -> None:
    [alert] = [stored.value for stored in run.store("acme").alerts.query(ALERTS)]
    [sent] = notifications_of(run.store("acme"), [alert], [HOOK])
    assert (sent.status, sent.transition) == (NotificationStatus.SENT, Transition.OPENED)
    verifier = Verifier(SIGNING_KEY, utc_now)
    for request in run.receiver.requests:
        assert verifier.accepts(request.headers, request.body)
        assert request.headers["webhook-id"] == sent.key
        assert read_message(request.body).alert_id == alert.alert_id
    # Once, and once more only if its sender was killed before it could write that down.
    assert 1 <= len(run.receiver.requests) <= 2


def test_no_function_had_trouble_of_its_own(run: Deployment) -> None:
    assert run.errors() == []
