"""C05: what follows from received alerts is written together or not at all, and once."""

from collections.abc import Iterator

import pytest

from tests.cascades import alerts, incidents, later
from tests.joined_alerts import pages, payment
from tests.received_payloads import Sender, alertmanager, raised
from tests.vigil_in_memory import VigilInMemory
from vigil.model.received_alert import AlertSource


def stores_of_incidents(vigil: VigilInMemory) -> set[str]:
    """Return what was written together with an incident, by the names of the collections."""
    together = [
        {path.split("/")[2] for path in (write.path for write in commit)}
        for commit in vigil.documents.commits
    ]
    return next(collections for collections in together if "incidents" in collections)


@pytest.fixture(params=[True, False], ids=["before the commit", "after the commit"])
def crashes(request: pytest.FixtureRequest, vigil: VigilInMemory) -> Iterator[bool]:
    """Let the process end once, at the first commit of a group; return what is left to happen."""
    left = iter([True])

    def crash(writes: object) -> None:
        if "/groups/" in str(writes) and next(left, False):
            raise RuntimeError("the process ends")

    if request.param:
        vigil.documents.before = crash
    else:
        vigil.documents.after = crash
    return left


def test_c05_there_is_no_incident_without_its_alert_and_no_alert_without_its_notification(
    vigil: VigilInMemory, sender: Sender
) -> None:
    vigil.documents.commits.clear()
    sender.send(raised())

    assert stores_of_incidents(vigil) >= {"alerts", "anomalies", "groups", "outbox", "events"}


def test_c05_an_alert_joins_in_one_commit(vigil: VigilInMemory, sender: Sender) -> None:
    later(vigil, payment("pay"))
    vigil.documents.commits.clear()
    sender.send(raised(service="web"))

    assert stores_of_incidents(vigil) >= {"alerts", "anomalies", "groups", "outbox", "usage"}


def test_c05_a_crash_ends_in_the_same_alert_and_one_page(
    vigil: VigilInMemory, sender: Sender, crashes: Iterator[bool]
) -> None:
    sender.send(raised())
    vigil.tick()

    assert len(alerts(vigil)) == len(incidents(vigil)) == 1
    assert vigil.notifier.told() == [("pager", "opened")]
    assert next(crashes, None) is None


def test_c05_a_crash_while_an_alert_joins_changes_nothing_in_the_end(
    vigil: VigilInMemory, sender: Sender, crashes: Iterator[bool]
) -> None:
    later(vigil, payment("pay"))
    sender.send(raised(service="web", severity="high"))
    vigil.tick()

    [incident] = incidents(vigil)
    assert (incident.anomaly_count, len(incident.received), pages(vigil)) == (2, 1, 1)
    assert next(crashes, None) is None


def test_delivered_five_times_it_is_one(vigil: VigilInMemory, sender: Sender) -> None:
    sender.send(raised(), raised(instance="b"))
    [told] = vigil.bus.of_type("alert_received")
    for _ in range(4):
        vigil.workflows.manage_alerts.handle(told.attributes, told.data)

    [alert] = alerts(vigil)
    assert (alert.anomaly_count, alert.revision) == (2, 1)
    assert vigil.notifier.told() == [("pager", "opened")]


def test_two_that_take_at_one_time_count_all_in_one_alert(
    vigil: VigilInMemory, sender: Sender
) -> None:
    sender.post(AlertSource.ALERTMANAGER, alertmanager([raised()]))
    sender.post(AlertSource.ALERTMANAGER, alertmanager([raised(instance="b")]))
    (_, first), (_, second) = vigil.bus.waiting
    vigil.bus.waiting.clear()
    others = iter([second])

    def somebody_is_faster(writes: object) -> None:
        other = next(others, None) if "/groups/" in str(writes) else None
        if other is not None:
            vigil.workflows.manage_alerts.handle(other.attributes, other.data)

    vigil.documents.before = somebody_is_faster
    vigil.workflows.manage_alerts.handle(first.attributes, first.data)

    [alert] = alerts(vigil)
    assert alert.anomaly_count == 2
    assert vigil.notifier.told() == [("pager", "opened")]
