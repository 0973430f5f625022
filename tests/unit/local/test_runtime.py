"""The embedded runtime: what one thread waits for does not hold up the others."""

import threading
from contextlib import closing
from pathlib import Path

from tests.builders import anomaly
from tests.vigil_in_memory import RecordingNotifier, VigilInMemory
from vigil.adapters.sqlite_queue import SqliteQueue
from vigil.doors.assembly import Parts
from vigil.incidents import analyst
from vigil.local.runtime import SUBSCRIPTIONS, LocalParts, Runtime
from vigil.model.tenant import Tenant
from vigil.stores.registry import StoredRegistry
from vigil.workflows.batch_logs import Limits


class WatchedRegistry(StoredRegistry):
    """A registry that says when a tick begins, once a notification is being sent."""

    sending: threading.Event
    ticked: threading.Event

    def tenants(self) -> list[Tenant]:
        if self.sending.is_set():
            self.ticked.set()
        return super().tenants()


def test_b17_a_channel_that_hangs_does_not_hold_up_the_ticks(tmp_path: Path) -> None:
    with (
        VigilInMemory() as vigil,
        closing(SqliteQueue(tmp_path / "queue.db", SUBSCRIPTIONS, vigil.clock)) as queue,
    ):
        vigil.strike(anomaly())
        registry = WatchedRegistry(vigil.database, vigil.clock)
        registry.sending, registry.ticked = threading.Event(), threading.Event()
        waited: list[bool] = []

        def hang_until_a_tick() -> None:
            registry.sending.set()
            waited.append(registry.ticked.wait(5))

        parts = Parts(
            documents=vigil.database,
            publisher=queue,
            registry=registry,
            clock=vigil.clock,
            analyst=analyst,
            notifiers=(RecordingNotifier(before=hang_until_a_tick),),
            public_url="https://vigil.example",
            is_own=lambda entry: False,
            limits=Limits(),
        )
        runtime = Runtime(LocalParts(parts, queue, registry))
        runtime.start()
        began = registry.sending.wait(10)
        ticked = registry.ticked.wait(10)
        runtime.stop()

        assert (began, ticked, waited) == (True, True, [True])
