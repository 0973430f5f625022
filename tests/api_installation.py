"""An installation's API with real parts and two tenants, asked without a network."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import httpx

from tests.builders import NOON, alert, anomaly, incident, stream
from tests.cloud_project import CloudProject
from vigil.adapters.sqlite_documents import SqliteDocuments
from vigil.logs.own_entries import OwnEntries
from vigil.model.alert import Alert
from vigil.model.api_key import Role
from vigil.model.stream import LogStreamConfig
from vigil.model.tenant import Project, Tenant
from vigil.ports import Documents, Message
from vigil.stores.queries import DECLARED
from vigil.stores.registry import StoredRegistry
from vigil.stores.tenant_store import TenantStore
from vigil.workflows.access import make_key
from vigil.workflows.alert_actions import AlertActions
from vigil.workflows.api.application import Backlog, make_api
from vigil.workflows.event_outbox import EventOutbox
from vigil.workflows.incident_actions import IncidentActions
from vigil.workflows.streams import Streams

NOW = NOON + timedelta(minutes=31)
PUBLIC_URL = "https://vigil.example"
# A stream, as the agent's document asks for one.
ASKED: dict[str, object] = {
    "project_id": "acme-prod",
    "services": ["api-backend", "user-service"],
    "severity_filter": ["ERROR", "WARNING", "CRITICAL"],
    "batch_size": 100,
    "batch_timeout_seconds": 300,
    "enable_gemini_analysis": True,
}


@dataclass
class PublishedMessages:
    """A Publisher that remembers."""

    messages: list[tuple[str, Message]] = field(default_factory=list)

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        self.messages += [(topic, message) for message in messages]


class Installation:
    """Tenants `acme` and `globex`; each has an alert `v1-<tenant>`, incident, anomaly and stream.

    `documents`, if given, is what the API reads in place of the database.
    """

    def __init__(self, documents: Documents | None = None) -> None:
        self.database = SqliteDocuments(":memory:", DECLARED)
        self.published = PublishedMessages()
        self.now = NOW
        self.registry = StoredRegistry(self.database, self.clock)
        events = EventOutbox(documents=self.database, publisher=self.published, clock=self.clock)
        self.alerts = AlertActions(
            documents=self.database, events=events, registry=self.registry, clock=self.clock
        )
        self.incidents = IncidentActions(
            documents=self.database, events=events, registry=self.registry, clock=self.clock
        )
        self.project = CloudProject()
        self.streams = Streams(
            documents=self.database,
            registry=self.registry,
            sinks=self.project,
            access=self.project,
            clock=self.clock,
            own=OwnEntries(("vigil-",), "vigil-home"),
        )
        self.api = make_api(
            documents=documents or self.database,
            registry=self.registry,
            alerts=self.alerts,
            incidents=self.incidents,
            streams=self.streams,
            clock=self.clock,
            public_url=PUBLIC_URL,
            backlog=lambda: Backlog(pending_batches=2, processing_batches=1),
        )
        for tenant_id in ("acme", "globex"):
            self._settle(tenant_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.database.close()

    def clock(self) -> datetime:
        return self.now

    def store(self, tenant_id: str = "acme") -> TenantStore:
        return TenantStore(self.database, tenant_id)

    def key(
        self,
        role: Role = Role.ADMIN,
        tenant_id: str = "acme",
        *,
        name: str = "ci",
        revoked: bool = False,
    ) -> str:
        """Store a key and return its text."""
        secret = f"{tenant_id}-{name}-{role.value}-{revoked}".ljust(43, "x")
        text, key = make_key(tenant_id, name=name, role=role, now=NOON, secret=secret)
        kept = replace(key, revoked_at=NOON if revoked else None)
        self.database.commit([self.store(tenant_id).api_keys.put(key.key_hash, kept)])
        return text

    def keep_alert(self, kept: Alert) -> None:
        store = self.store(kept.tenant_id)
        self.database.commit([store.alerts.put(kept.alert_id, kept)])

    def ask(
        self,
        method: str,
        address: str,
        *,
        role: Role = Role.ADMIN,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        content: bytes | AsyncIterator[bytes] | None = None,
    ) -> httpx.Response:
        """Return the answer to a request; with acme's key of `role` unless headers are given."""
        if headers is None:
            headers = {"Authorization": f"Bearer {self.key(role)}"}
        return asyncio.run(self._ask(method, address, headers, content))

    def start_stream(self, body: object, **headers: str) -> httpx.Response:
        """Return the answer to who asks for a stream; `body` is JSON already if it is bytes."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"X-API-Key": self.key(), "Content-Type": "application/json"} | headers
        return self.ask("POST", "/start-log-streaming", headers=sent, content=content)

    async def _ask(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | Sequence[tuple[str, str]],
        content: bytes | AsyncIterator[bytes] | None,
    ) -> httpx.Response:
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        # As a server reads them.
        sent = [(name.encode(), value.encode("latin-1")) for name, value in pairs]
        transport = httpx.ASGITransport(self.api)
        async with httpx.AsyncClient(transport=transport, base_url="http://vigil") as client:
            return await client.request(method, address, headers=sent, content=content)

    def _settle(self, tenant_id: str) -> None:
        self.registry.create_tenant(Tenant(tenant_id, tenant_id.title(), NOON))
        self.registry.give_project(Project(f"{tenant_id}-prod", tenant_id, NOON))
        store = self.store(tenant_id)
        own = f"v1-{tenant_id}"
        struck = anomaly(tenant_id=tenant_id, anomaly_id=own, incident_id=own)
        torn = incident(tenant_id=tenant_id, incident_id=own, anomaly_ids=(own,), alert_id=own)
        told = alert(tenant_id=tenant_id, alert_id=own, incident_id=own, anomaly=struck)
        watched = stream(
            tenant_id=tenant_id, stream_id=own, config=LogStreamConfig(f"{tenant_id}-prod")
        )
        self.database.commit(
            [
                store.anomalies.put(own, struck),
                store.incidents.put(own, torn),
                store.alerts.put(own, told),
                store.streams.put(own, watched),
            ]
        )
