"""Who is told when an alert comes again that had ended by itself (FAULTS G2)."""

from dataclasses import replace

from tests.cascades import cascade, later
from tests.vigil_in_memory import ACME, PAGER, VigilInMemory
from vigil.errors import NotificationFailed
from vigil.model.channel import Channel, ChannelKind
from vigil.model.severity import Severity


def test_who_is_first_concerned_when_an_alert_comes_again_is_told_once() -> None:
    boss = Channel("boss", ChannelKind.TERMINAL, minimum_severity=Severity.CRITICAL)
    with VigilInMemory(replace(ACME, channels=(PAGER, boss))) as vigil:
        later(vigil, *cascade())
        vigil.settle(17 * 60)
        later(vigil, *cascade(20, "b", severity=Severity.CRITICAL))

        assert vigil.notifier.told().count(("boss", "opened")) == 1
        assert vigil.notifier.told().count(("pager", "opened")) == 2


def test_g2_a_channel_that_was_never_reached_is_told_when_the_alert_comes_again() -> None:
    quiet = Channel("quiet", ChannelKind.TERMINAL, send_resolved=False)
    with VigilInMemory(replace(ACME, channels=(quiet,))) as vigil:
        vigil.notifier.trouble["quiet"] = NotificationFailed("down")
        later(vigil, *cascade())
        vigil.settle(17 * 60)
        vigil.settle(60)
        vigil.notifier.trouble.clear()
        later(vigil, *cascade(20, "b"))
        vigil.settle(60)

        assert vigil.notifier.told() == [("quiet", "opened")]


def test_a_channel_that_hears_of_no_end_and_knows_of_the_alert_is_not_told_again() -> None:
    quiet = Channel("quiet", ChannelKind.TERMINAL, send_resolved=False)
    with VigilInMemory(replace(ACME, channels=(quiet,))) as vigil:
        later(vigil, *cascade())
        vigil.settle(17 * 60)
        later(vigil, *cascade(20, "b"))
        vigil.settle(60)

        assert vigil.notifier.told() == [("quiet", "opened")]
