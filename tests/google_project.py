"""A project on Google's emulators, as Terraform would make it, with one tenant in it."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from types import TracebackType
from typing import Self

from tests.builders import NOON
from tests.pubsub_project import PubsubProject
from vigil.adapters.firestore_documents import FirestoreDocuments
from vigil.doors.clock import utc_now
from vigil.logs.log_batch import LogBatch
from vigil.model.api_key import Role
from vigil.model.outcome import Outcomes
from vigil.model.tenant import Project, Tenant
from vigil.ports import Message
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore
from vigil.stores.usage import PLATFORM, outcomes_of, totals
from vigil.workflows.access import make_key

LOGS, BATCHES, EVENTS = "vigil-logs", "vigil-batches", "aiops-events"
# As Terraform names it.
DATABASE = "vigil"
ACME = Tenant("acme", "Acme", NOON)


class GoogleProject:
    """Firestore and Pub/Sub of one project, in which `shop` is the tenant acme's."""

    def __init__(self, firestore_address: str, pubsub_address: str, project: str) -> None:
        self.project = project
        self._firestore_address = firestore_address
        self._opened = ExitStack()
        self.pubsub = PubsubProject(pubsub_address, project)

    def __enter__(self) -> Self:
        self._opened.enter_context(self.pubsub)
        self.documents = self._opened.enter_context(
            closing(
                FirestoreDocuments(
                    self.project,
                    DECLARED,
                    database_id=DATABASE,
                    emulator_host=self._firestore_address,
                )
            )
        )
        for topic in (LOGS, BATCHES, EVENTS):
            self.pubsub.create_topic(topic)
            self.pubsub.subscribe(topic, topic)
        registry = StoredRegistry(self.documents, utc_now)
        registry.create_tenant(ACME)
        registry.give_project(Project("shop", ACME.tenant_id, NOON))
        self.store = TenantStore.of(self.documents, ACME)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()

    @property
    def settings(self) -> Mapping[str, str]:
        """What a function is told of this project by hand."""
        return {
            **self.emulated,
            "VIGIL_DATABASE": DATABASE,
            "VIGIL_PUBLIC_URL": "https://vigil.example",
            "VIGIL_PUSH_IDENTITY": "none",
        }

    @property
    def emulated(self) -> Mapping[str, str]:
        """What a function is told beside the emulators, and has another value or none elsewhere."""
        return {
            "VIGIL_PROJECT": self.project,
            "FIRESTORE_EMULATOR_HOST": self._firestore_address,
            "PUBSUB_EMULATOR_HOST": self.pubsub.address,
        }

    def batches(self) -> list[LogBatch]:
        """Return the batches that were published and not taken yet."""
        return [LogBatch.parse(message.data) for message in self.pubsub.take(BATCHES)]

    def events(self) -> Sequence[Message]:
        """Return the events that were published and not taken yet."""
        return self.pubsub.take(EVENTS)

    def outcomes(self, root: str = "tenants/acme") -> Outcomes:
        """Return what became of the entries below a root."""
        return outcomes_of(totals(self.documents, root))

    def outcomes_of_nobody(self) -> Outcomes:
        """Return what became of the entries that belong to no tenant."""
        return self.outcomes(PLATFORM)

    def key(self, role: Role) -> str:
        """Return a key of acme's."""
        text, key = make_key("acme", name="ci", role=role, now=NOON, secret="x" * 43)
        self.documents.commit([self.store.api_keys.put(key.key_hash, key)])
        return text
