"""The streams of two tenants, over documents and a cloud in which the test says what goes wrong."""

from dataclasses import dataclass, field

from tests.builders import NOON
from tests.cloud_project import CloudProject, identity_of, nothing
from tests.contract.set_clock import SetClock
from tests.vigil_in_memory import WatchedDocuments
from vigil.logs.own_entries import OwnEntries
from vigil.model.stream import LogStreamConfig, Stream, stream_id_of
from vigil.model.tenant import Project, Tenant
from vigil.ports import Documents
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.streams import Streams

CONFIG = LogStreamConfig("acme-prod", ("cart",))
STREAM_ID = stream_id_of("acme", CONFIG)
WRITER = identity_of("acme-prod")


@dataclass
class StreamInstallation:
    """Tenants acme and globex with a project each, and their streams; acme is who asks."""

    database: Documents
    documents: WatchedDocuments = field(init=False)
    cloud: CloudProject = field(default_factory=CloudProject)
    clock: SetClock = field(default_factory=SetClock)
    registry: StoredRegistry = field(init=False)
    streams: Streams = field(init=False)

    def __post_init__(self) -> None:
        self.documents = WatchedDocuments(self.database)
        self.registry = StoredRegistry(self.database, self.clock)
        for tenant_id in ("acme", "globex"):
            self.registry.create_tenant(Tenant(tenant_id, tenant_id.title(), NOON))
            self.registry.give_project(Project(f"{tenant_id}-prod", tenant_id, NOON))
        self.streams = Streams(
            documents=self.documents,
            registry=self.registry,
            sinks=self.cloud,
            access=self.cloud,
            clock=self.clock,
            own=OwnEntries(("vigil-",), "vigil-home"),
        )

    def store(self, tenant_id: str = "acme") -> TenantStore:
        return TenantStore(self.documents, tenant_id)

    def start(self, config: LogStreamConfig = CONFIG, *, by: str = "ann") -> Stream:
        stream = self.streams.start(self.store(), config, by=by)
        assert stream is not None
        return stream

    def stop(self, stream_id: str = STREAM_ID, *, by: str = "ann") -> Stream | None:
        return self.streams.stop(self.store(), stream_id, by=by)

    def kept(self) -> Stream | None:
        """Return what is kept of the stream of CONFIG."""
        stored = self.store().streams.get(STREAM_ID)
        return stored.value if stored else None

    def calm(self) -> None:
        """Let nothing go wrong any more."""
        self.documents.before = self.documents.after = lambda writes: None
        self.cloud.before = self.cloud.after = nothing

    def delivers(self, stream_id: str = STREAM_ID) -> bool:
        """Whether there is a sink for a stream, and its writer is let in."""
        name = f"vigil-{stream_id}"
        return ("acme-prod", name) in self.cloud.sinks and WRITER in self.cloud.writers
