"""What is due by time is done for every tenant, however often and however late a tick comes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

import pytest

from tests.builders import NOON
from tests.vigil_in_memory import VigilInMemory, payments
from vigil.model.tenant import Project, Tenant
from vigil.ports import Write
from vigil.stores.tenant_store import TenantStore, judged_until
from vigil.workflows.service_pace import Pace
from vigil.workflows.ticks import Ticks, WaitingSince, nothing_waits

GHOST = Tenant("aaa-ghost", "Not in the registry any more", NOON)


def ticks_of(
    vigil: VigilInMemory,
    waiting_since: WaitingSince = nothing_waits,
    others: Sequence[Tenant] = (),
) -> Ticks:
    return Ticks(
        tenants=lambda: [*others, *vigil.registry.tenants()],
        detect=vigil.workflows.detect_anomalies,
        manage=vigil.workflows.manage_alerts,
        waiting_since=waiting_since,
    )


def tick(vigil: VigilInMemory, ticks: Ticks) -> None:
    ticks.judge()
    vigil.deliver()
    ticks.correlate()
    vigil.workflows.manage_alerts.deliver()


def failing() -> VigilInMemory:
    """Return an installation whose payments have failed for long enough to be judged."""
    vigil = VigilInMemory()
    vigil.receive(payments(40, status=500))
    vigil.deliver()
    vigil.clock.advance(200)
    return vigil


def test_a_tick_judges_and_correlates_every_tenant_and_what_is_due_is_told() -> None:
    with failing() as vigil:
        tick(vigil, ticks_of(vigil))

        assert vigil.notifier.told() == [("pager", "opened")]


def test_one_tenant_s_trouble_is_not_the_others(caplog: pytest.LogCaptureFixture) -> None:
    with failing() as vigil:
        tick(vigil, ticks_of(vigil, others=[GHOST]))

        assert vigil.notifier.told() == [("pager", "opened")]
    assert [record.message for record in caplog.records] == ["a tenant's tick was not finished"] * 2


def test_a_tenant_does_not_wait_until_another_one_s_hot_services_can_be_judged() -> None:
    names = ["acme", "bravo", "coyote"]
    with VigilInMemory(pace=Pace(timedelta(seconds=1.1))) as vigil:
        for name in names[1:]:
            vigil.registry.create_tenant(Tenant(name, name, NOON))
            vigil.registry.give_project(Project(f"shop-of-{name}", name, NOON))
        projects = ["shop", *(f"shop-of-{name}" for name in names[1:])]
        logs = [f"projects/{project}/logs/stdout" for project in projects]
        vigil.receive([{**entry, "logName": log} for log in logs for entry in payments(3)])
        vigil.deliver()
        # All wait at the same time, or none is done.
        together = Barrier(3)
        vigil.meanwhile.extend([partial(together.wait, timeout=5)] * 3)
        ticks = Ticks(
            tenants=vigil.registry.tenants,
            detect=vigil.workflows.detect_anomalies,
            manage=vigil.workflows.manage_alerts,
            at_once=3,
        )
        ticks.judge()

        judged = [judged_until(TenantStore(vigil.database, name)) for name in names]
        assert None not in judged


def test_ticks_that_cannot_learn_whose_they_are_are_not_done() -> None:
    with failing() as vigil:

        def no_tenants() -> list[Tenant]:
            raise ConnectionError("the registry cannot be read")

        ticks = Ticks(
            tenants=no_tenants,
            detect=vigil.workflows.detect_anomalies,
            manage=vigil.workflows.manage_alerts,
        )
        with pytest.raises(ConnectionError):
            ticks.judge()
        with pytest.raises(ConnectionError):
            ticks.correlate()


@pytest.mark.parametrize("seconds_late", [0, 1, 60, 3600])
def test_a_tick_that_comes_again_or_late_changes_nothing(seconds_late: float) -> None:
    with failing() as vigil:
        ticks = ticks_of(vigil)
        tick(vigil, ticks)
        vigil.clock.now -= timedelta(seconds=seconds_late)
        tick(vigil, ticks)
        vigil.clock.now += timedelta(seconds=seconds_late)
        tick(vigil, ticks)

        assert vigil.notifier.told() == [("pager", "opened")]
        assert vigil.outcomes().processed == 40


def test_a_tick_beside_another_one_does_no_harm() -> None:
    with failing() as vigil:
        ticks = ticks_of(vigil)

        def overtaken(_writes: Sequence[Write]) -> None:
            vigil.documents.before = lambda writes: None
            vigil.clock.advance(60)
            tick(vigil, ticks)

        vigil.documents.before = overtaken
        tick(vigil, ticks)
        tick(vigil, ticks)

        assert vigil.notifier.told() == [("pager", "opened")]
        assert vigil.outcomes().processed == 40


def test_a_backlog_holds_the_judgement_back() -> None:
    waiting: list[datetime | None] = [NOON, None]
    with failing() as vigil:
        ticks = ticks_of(vigil, lambda: waiting[0])
        tick(vigil, ticks)
        assert vigil.notifier.told() == []

        waiting.pop(0)
        tick(vigil, ticks)
        assert vigil.notifier.told() == [("pager", "opened")]
