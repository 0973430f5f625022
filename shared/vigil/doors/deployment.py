"""The workflows of a deployment on Google Cloud, over Firestore and Pub/Sub."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from vigil.adapters.firestore_patience import Patience
from vigil.adapters.pubsub_publisher import PubsubPublisher
from vigil.doors.assembly import Parts, Workflows, assemble
from vigil.doors.clock import utc_now
from vigil.doors.google_documents import documents_of
from vigil.doors.limits import is_own_by, limits_of
from vigil.incidents import analyst as heuristic
from vigil.ports import Analyst, Documents, Notifier
from vigil.settings import Settings
from vigil.stores.registry import StoredRegistry
from vigil.workflows.heartbeats import Heartbeats
from vigil.workflows.service_pace import ONE_A_SECOND, Pace
from vigil.workflows.ticks import Ticks


@dataclass(frozen=True, slots=True)
class Deployment:
    """The workflows, and what they keep things in."""

    documents: Documents
    registry: StoredRegistry
    workflows: Workflows
    heartbeats: Heartbeats

    @property
    def ticks(self) -> Ticks:
        """What is due by time."""
        return Ticks(
            tenants=self.registry.tenants,
            detect=self.workflows.detect_anomalies,
            manage=self.workflows.manage_alerts,
            waiting_since=self.heartbeats.beat,
            at_once=_TENANTS_AT_ONCE,
        )


Deployed = Callable[[], Deployment]
# A tick mostly waits for Firestore.
_TENANTS_AT_ONCE = 8
# The registry believes what it read last when it cannot read, and many requests wait for it.
_BRIEF = Patience(attempts=2, deadline_seconds=1.5, give_up_after_seconds=2.5)


def deploy(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    notifiers: Iterable[Notifier] = (),
    analyst: Callable[[Documents], Analyst] = lambda documents: heuristic,
) -> Deployment:
    """Return a function's workflows.

    Only the function that tells people has `notifiers`, and only the one that explains has another
    `analyst`, made over the documents: the others do not ask for either.
    """
    documents = documents_of(settings, environ)
    registry = StoredRegistry(documents_of(settings, environ, patience=_BRIEF), utc_now)
    publisher = PubsubPublisher(
        settings.project or "", emulator_host=environ.get("PUBSUB_EMULATOR_HOST") or None
    )
    parts = Parts(
        documents=documents,
        publisher=publisher,
        registry=registry,
        clock=utc_now,
        analyst=analyst(documents),
        notifiers=notifiers,
        public_url=settings.public_url,
        is_own=is_own_by(settings),
        limits=limits_of(settings),
        pace=_pace(environ),
    )
    heartbeats = Heartbeats(documents=documents, publisher=publisher, clock=utc_now)
    return Deployment(documents, registry, assemble(parts), heartbeats)


def _pace(environ: Mapping[str, str]) -> Pace:
    # Firestore's emulator takes as many writes of a document as come; and that of Pub/Sub has two
    # pushes under way at a time, so that one entry a second would come through.
    return Pace() if environ.get("FIRESTORE_EMULATOR_HOST") else ONE_A_SECOND
