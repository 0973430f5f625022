"""A group that begins to fire once more, or more gravely, where it already is."""

from datetime import timedelta

from tests.builders import NOON
from tests.cascades import incidents, later
from tests.joined_alerts import MINUTE, QUIET, let_pass, of_shop, pages, payment
from tests.received_payloads import Sender, over, raised
from tests.vigil_in_memory import VigilInMemory
from vigil.model.incident import IncidentStatus


def test_an_incident_stands_as_long_as_an_alert_of_it_fires_once_more(
    vigil: VigilInMemory, sender: Sender
) -> None:
    slow = raised(service="web", severity="high")
    again = slow | {"startsAt": (NOON + timedelta(minutes=10)).isoformat()}
    later(vigil, payment("pay"))
    sender.send(slow)
    sender.send(over(slow, NOON + 5 * MINUTE))
    [ceased] = incidents(vigil)
    vigil.clock.advance(60)
    sender.send(again)
    [fires] = incidents(vigil)
    let_pass(vigil, 3 * QUIET)
    [standing] = of_shop(vigil)
    sender.send(over(again, NOON + 60 * MINUTE))
    let_pass(vigil, QUIET + MINUTE)
    let_pass(vigil, MINUTE)

    [ended] = of_shop(vigil)
    assert (ceased.is_firing, fires.is_firing) == (False, True)
    assert standing.status is IncidentStatus.OPEN
    assert ended.status is IncidentStatus.RESOLVED
    assert pages(vigil) == 1


def test_what_was_ended_and_brought_back_after_its_group_went_elsewhere_ends_by_itself(
    vigil: VigilInMemory, sender: Sender
) -> None:
    slow, more = raised(service="web"), raised(service="web", instance="b")
    later(vigil, payment("pay"))
    sender.send(slow)
    [first] = incidents(vigil)
    actions = vigil.workflows.incident_actions
    actions.resolve(vigil.store, first.incident_id, by="ada", note="known")
    vigil.clock.advance(60)
    sender.send(slow, more)
    actions.reopen(vigil.store, first.incident_id, by="ada", note="not over")
    sender.send(over(slow), over(more))
    let_pass(vigil, QUIET + MINUTE)
    let_pass(vigil, MINUTE)

    assert {each.status for each in of_shop(vigil)} == {IncidentStatus.RESOLVED}
