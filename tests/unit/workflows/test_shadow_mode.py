"""In shadow mode everything is found and kept, and nobody is told."""

from dataclasses import replace

import pytest

from tests.cascades import alerts, cascade, incidents, later, resolve_alert, strayed
from tests.received_payloads import Sender, over, raised
from tests.vigil_in_memory import ACME, PAGER, VigilInMemory
from vigil.errors import NotificationFailed
from vigil.model.alert import AlertStatus
from vigil.model.notification import Notification, NotificationStatus
from vigil.model.severity import Severity
from vigil.model.tenant import Tenant, TenantMode
from vigil.ports import Message, Put
from vigil.stores.queries import ANOMALIES, DUE_NOTIFICATIONS, NOTIFICATIONS

CHAT = replace(PAGER, channel_id="chat", minimum_severity=Severity.CRITICAL)
LIVE = replace(ACME, channels=(PAGER, CHAT))
SHADOW = replace(LIVE, mode=TenantMode.SHADOW)
SAID = "shadow: it would have been told, but in shadow mode nobody is"


def switch(vigil: VigilInMemory, tenant: Tenant) -> None:
    vigil.registry.change_tenant(tenant)


def settled(vigil: VigilInMemory) -> list[Notification]:
    return [stored.value for stored in vigil.store.notifications.query(NOTIFICATIONS)]


def held_back(vigil: VigilInMemory) -> dict[tuple[str, str], str | None]:
    """Return why whom was not told of what."""
    assert vigil.database.query(DUE_NOTIFICATIONS, bound=vigil.clock()) == []
    assert {n.status for n in settled(vigil)} <= {NotificationStatus.WITHDRAWN}
    return {(n.channel_id, n.transition.value): n.reason for n in settled(vigil)}


def test_in_shadow_all_is_kept_with_whom_it_would_have_told_and_nothing_is_sent() -> None:
    with VigilInMemory(SHADOW) as vigil:
        later(vigil, *cascade())

        [alert], [incident] = alerts(vigil), incidents(vigil)
        assert (alert.shadow, alert.status) == (True, AlertStatus.OPEN)
        assert incident.alert_id == alert.alert_id
        assert len(vigil.store.anomalies.query(ANOMALIES)) == 3
        assert alert.notification_channels == ("pager",)
        assert held_back(vigil) == {("pager", "opened"): SAID}
        assert [n.attempts for n in settled(vigil)] == [0]
        assert vigil.notifier.told() == []


def test_in_shadow_a_page_that_grows_and_ends_is_kept_as_well() -> None:
    with VigilInMemory(SHADOW) as vigil:
        later(vigil, strayed("a"))
        later(vigil, strayed("b", 1, severity=Severity.CRITICAL))
        resolve_alert(vigil)
        vigil.tick()

        assert set(held_back(vigil)) == {
            ("pager", "opened"),
            ("chat", "opened"),
            ("pager", "resolved"),
            ("chat", "resolved"),
        }
        assert vigil.notifier.told() == []


def test_in_shadow_what_others_send_wakes_nobody_either() -> None:
    with VigilInMemory(SHADOW) as vigil:
        Sender(vigil).send(raised())
        Sender(vigil).send(over(raised()))
        vigil.tick()

        [alert] = alerts(vigil)
        assert (alert.shadow, alert.status) == (True, AlertStatus.RESOLVED)
        assert vigil.notifier.told() == []


def test_going_live_tells_nothing_of_what_was_opened_in_shadow_and_all_that_opens_then() -> None:
    with VigilInMemory(SHADOW) as vigil:
        later(vigil, strayed("a"))
        # Committed in shadow, and still due when it ends.
        vigil.strike(strayed("b", 3, service="cart", endpoint="GET /cart"))
        switch(vigil, LIVE)
        vigil.tick()
        later(vigil, strayed("c", 4, severity=Severity.CRITICAL))
        vigil.settle(3600)
        assert {alert.shadow for alert in alerts(vigil)} == {True}
        assert {alert.status for alert in alerts(vigil)} == {AlertStatus.RESOLVED}
        assert vigil.notifier.told() == []

        later(vigil, strayed("d", 90))
        assert alerts(vigil)[-1].shadow is False
        assert vigil.notifier.told() == [("pager", "opened")]


def test_what_is_due_when_shadow_begins_is_not_sent() -> None:
    with VigilInMemory(LIVE) as vigil:
        vigil.notifier.trouble["pager"] = NotificationFailed("busy")
        later(vigil, strayed("a"))
        switch(vigil, SHADOW)
        vigil.notifier.trouble.clear()
        vigil.clock.advance(5)
        vigil.tick()

        [alert] = alerts(vigil)
        assert alert.shadow is False
        assert held_back(vigil) == {("pager", "opened"): SAID}
        assert vigil.notifier.told() == []


def test_who_was_told_before_shadow_hears_of_the_end_if_it_comes_after() -> None:
    with VigilInMemory(LIVE) as vigil:
        later(vigil, strayed("a"))
        switch(vigil, SHADOW)
        vigil.tick()
        switch(vigil, LIVE)
        resolve_alert(vigil)
        vigil.tick()

        assert vigil.notifier.told() == [("pager", "opened"), ("pager", "resolved")]


def events(vigil: VigilInMemory) -> list[Message]:
    kinds = ("anomaly_detected", "incident_opened", "alert_created", "alert_resolved")
    return [message for kind in kinds for message in vigil.bus.of_type(kind)]


@pytest.mark.parametrize(
    ("tenant", "marks"),
    [
        pytest.param(SHADOW, {"true"}, id="shadow"),
        pytest.param(LIVE, {None}, id="live"),
    ],
)
def test_other_agents_can_pass_over_what_is_in_shadow(
    tenant: Tenant, marks: set[str | None]
) -> None:
    with VigilInMemory(tenant) as vigil:
        Sender(vigil).send(raised())
        Sender(vigil).send(over(raised()))
        vigil.deliver()

        assert len(events(vigil)) == 3
        assert {message.attributes.get("shadow") for message in events(vigil)} == marks
        assert [b'"shadow":true' in m.data for m in vigil.bus.of_type("alert_created")] == [
            tenant.in_shadow
        ]


def test_what_was_kept_before_there_were_modes_is_live() -> None:
    with VigilInMemory(SHADOW) as vigil:
        later(vigil, strayed("a"))
        for path, name in (("tenants/acme", "mode"), (alert_path(vigil), "shadow")):
            [kept] = vigil.database.get([path])
            assert kept is not None
            old = {key: value for key, value in kept.fields.items() if key != name}
            assert len(old) == len(kept.fields) - 1
            vigil.database.commit([Put(path, old)])
        vigil.clock.advance(61)

        assert vigil.registry.tenant("acme") == LIVE
        assert [alert.shadow for alert in alerts(vigil)] == [False]


def alert_path(vigil: VigilInMemory) -> str:
    [alert] = alerts(vigil)
    return vigil.store.alerts.path(alert.alert_id)
